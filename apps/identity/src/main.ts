import { runService } from '#libs/service';
import { IdentityModule } from './app.module.js';
import { readIdentityConfig } from './config.js';

const config = readIdentityConfig();

runService('identity', config, { module: (resources) => IdentityModule.of(config, resources) }).catch(() => {
  process.exitCode = 1;
});
