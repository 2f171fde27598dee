import { Logger } from '#libs/telemetry';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { CHECKPOINT_OPTIONS, type CheckpointOptions } from './chain-options.js';
import { CheckpointFiles } from './checkpoint-files.js';
import { CheckpointSigner } from './checkpoint-signer.js';

/** After a look that failed, ms: a store was away. */
const RETRY_MS = 10_000;

/** Signs now and then, for as long as the service runs. */
@Injectable()
export class CheckpointSweep implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly closing = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: AuditDatabase,
    private readonly signer: CheckpointSigner,
    private readonly files: CheckpointFiles,
    @Inject(CHECKPOINT_OPTIONS) private readonly options: CheckpointOptions,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async onModuleDestroy(): Promise<void> {
    this.closing.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.closing;
    const closed = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    await Promise.race([this.database.ready, closed]);
    const everyMs = this.options.everySeconds * 1_000;
    for (let pauseMs = Math.min(everyMs, RETRY_MS); !signal.aborted;) {
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.signer.signAll(signal);
        await this.files.write();
        pauseMs = everyMs;
      } catch (error) {
        if (!signal.aborted) this.logger.error({ err: error }, 'no checkpoint could be signed or written');
        pauseMs = Math.min(everyMs, RETRY_MS);
      }
    }
  }
}
