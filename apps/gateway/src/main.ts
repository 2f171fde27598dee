import { runService } from '#libs/service';
import { GatewayModule } from './gateway.module.js';
import { readGatewaySettings } from './gateway.config.js';

const settings = readGatewaySettings();
await runService('gateway', settings, {
  module: (resources) => GatewayModule.over(resources, settings),
  reusePort: settings.GATEHOUSE_SERVING_THREADS > 1,
});
