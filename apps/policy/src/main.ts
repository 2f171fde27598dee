import { BUNDLE_CHARACTERS_MAX } from '#libs/policy-language';
import { runService } from '#libs/service';
import { PolicyModule } from './app.module.js';
import { readPolicyConfig } from './config.js';

const config = readPolicyConfig();

runService('policy', config, {
  module: (resources) => PolicyModule.of(config, resources),
  bodyBytesMax: BUNDLE_CHARACTERS_MAX,
}).catch(() => {
  process.exitCode = 1;
});
