import { runService } from '#libs/service';
import { AuditModule } from './app.module.js';
import { readAuditConfig } from './config.js';

const config = readAuditConfig();

runService('audit', config, { module: (resources) => AuditModule.of(config, resources) }).catch(() => {
  process.exitCode = 1;
});
