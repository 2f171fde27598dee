import { Clock, Logger } from '#libs/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
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
  private readonly closing = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly tables: Tables,
    private readonly process: OnboardingProcess,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async onModuleDestroy(): Promise<void> {
    this.closing.abort();
    await this.running;
  }

  /** Everything that is due now, once. */
  async round(): Promise<void> {
    const now = this.clock.nowIso();
    const listed = await this.tables.onboardings.page({ tenantId: undefined, afterPosition: 0, limit: PER_ROUND_MAX });
    for (const { row } of listed) {
      if (this.closing.signal.aborted) return;
      await this.lookAfter(row, now).catch((error: unknown) =>
        this.logger.warn({ err: error, onboardingId: row.id }, 'an onboarding could not be ended; it is tried again'),
      );
    }
  }

  private async lookAfter(row: OnboardingRow, nowIso: string): Promise<void> {
    if (row.status === 'failed') return this.process.clear(row);
    if (row.deadlineAt <= nowIso) return this.process.giveUp(row);
  }

  private async run(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      await delay(ROUND_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      await this.round().catch((error: unknown) =>
        this.logger.warn({ err: error }, 'onboardings cannot be looked after'),
      );
    }
  }
}
