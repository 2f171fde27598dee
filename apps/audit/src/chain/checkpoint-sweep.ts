import { Rounds } from '#libs/service';
import { Logger } from '#libs/telemetry';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { CHECKPOINT_OPTIONS, type CheckpointOptions } from './chain-options.js';
import { CheckpointFiles } from './checkpoint-files.js';
import { CheckpointSigner } from './checkpoint-signer.js';

/** After a look that failed, ms: a store was away. */
const RETRY_MS = 10_000;

/** Signs now and then, for as long as the service runs. */
@Injectable()
export class CheckpointSweep implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly rounds = new Rounds({
    work: () => this.sign(),
    // Soon again where the last look failed, and at the start.
    pauseMs: () => (this.isSigned ? this.everyMs : Math.min(this.everyMs, RETRY_MS)),
    onFailure: (error) => this.logger.error({ err: error }, 'no checkpoint could be signed or written'),
  });
  private isSigned = false;

  constructor(
    private readonly database: AuditDatabase,
    private readonly signer: CheckpointSigner,
    private readonly files: CheckpointFiles,
    @Inject(CHECKPOINT_OPTIONS) private readonly options: CheckpointOptions,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    void this.database.ready.then(() => this.rounds.start());
  }

  async onModuleDestroy(): Promise<void> {
    await this.rounds.stop();
  }

  private get everyMs(): number {
    return this.options.everySeconds * 1_000;
  }

  private async sign(): Promise<void> {
    this.isSigned = false;
    await this.signer.signAll(this.rounds.signal);
    await this.files.write();
    this.isSigned = true;
  }
}
