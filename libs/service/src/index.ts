export { ensureCommonTopics, openResources, type Resources } from './resources.js';
export { runService } from './run-service.js';
export { ResourcesModule } from './resources.module.js';
export { Rounds, type RoundsOptions } from './rounds.js';
