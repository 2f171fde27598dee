export { Clock, SystemClock } from './clock.js';
export { createLogger, Logger, logLevels, silentLogger, type LoggerOptions, type LogLevel } from './logger.js';
export { maskSecrets } from './redaction.js';
export { NestLogger } from './nest-logger.js';
export {
  LATENCY_BUCKETS_SECONDS,
  Metrics,
  type Counter,
  type LabelledCounter,
  type Gauge,
  type Histogram,
} from './metrics.js';
export { TelemetryModule, type TelemetryOptions } from './telemetry.module.js';
