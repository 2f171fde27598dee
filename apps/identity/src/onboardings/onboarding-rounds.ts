import { Rounds } from '#libs/service';
import { Clock, Logger } from '#libs/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Tables } from '../tables.js';
import type { OnboardingRow } from './onboarding-list.projection.js';
import { OnboardingProcess } from './onboarding-process.js';

/** Between two rounds, ms. */
const ROUND_MS = 1_000;
/** Onboardings that one round looks at; there are only those that are not over. */
const PER_ROUND_MAX = 200;

/** Gives up onboardings whose time is over, and clears what failed ones have left, whichever process began them. */
@Injectable()
export class OnboardingRounds implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly rounds = new Rounds({
    work: () => this.round(),
    pauseMs: () => ROUND_MS,
    onFailure: (error) => this.logger.warn({ err: error }, 'onboardings cannot be looked after'),
  });

  constructor(
    private readonly tables: Tables,
    private readonly process: OnboardingProcess,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.rounds.stop();
  }

  /** Everything that is due now, once. */
  async round(): Promise<void> {
    const now = this.clock.nowIso();
    const listed = await this.tables.onboardings.page({ tenantId: undefined, afterPosition: 0, limit: PER_ROUND_MAX });
    for (const { row } of listed) {
      if (this.rounds.signal.aborted) return;
      await this.lookAfter(row, now).catch((error: unknown) =>
        this.logger.warn({ err: error, onboardingId: row.id }, 'an onboarding could not be ended; it is tried again'),
      );
    }
  }

  private async lookAfter(row: OnboardingRow, nowIso: string): Promise<void> {
    if (row.status === 'failed') return this.process.clear(row);
    if (row.deadlineAt <= nowIso) return this.process.giveUp(row);
  }
}
