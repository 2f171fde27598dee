import { Module, type DynamicModule } from '@nestjs/common';
import { Clock, SystemClock } from './clock.js';
import { createLogger, Logger, type LogLevel } from './logger.js';
import { Metrics } from './metrics.js';
import { processMetrics } from './process-metrics.js';

export type TelemetryOptions = {
  readonly service: string;
  readonly replica?: string;
  readonly level?: LogLevel;
  /** Local mode only. */
  readonly clockOffsetSeconds?: number;
  /** In place of the one that would be made, e.g. because the process has one already. */
  readonly logger?: Logger;
  readonly clock?: Clock;
};

/** Provides `Clock`, `Logger` and `Metrics` to the whole application. */
@Module({})
export class TelemetryModule {
  static forRoot({ service, replica, level, clockOffsetSeconds, logger, clock }: TelemetryOptions): DynamicModule {
    const made = () => createLogger({ service, ...(level && { level }), ...(replica && { fields: { replica } }) });
    return {
      module: TelemetryModule,
      global: true,
      providers: [
        { provide: Clock, useValue: clock ?? new SystemClock(clockOffsetSeconds) },
        { provide: Logger, useValue: logger ?? made() },
        { provide: Metrics, useFactory: processMetrics },
      ],
      exports: [Clock, Logger, Metrics],
    };
  }
}
