import { COMPACTION_RETENTION_MS, credentialKey, topics } from '#libs/contracts';
import { EventStore, Publication, step } from '#libs/event-store';
import { Rounds } from '#libs/service';
import { Clock, Logger } from '#libs/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { revocationAggregate } from '../aggregates.js';
import { EndedRecords } from './ended-records.adapter.js';

/** Between two looks at what has ended. */
const LOOK_MS = 60_000;
/** Records of one kind that one look forgets: 12,000 an hour; what is left over is the next one's. */
const FORGOTTEN_AT_ONCE_MAX = 200;

/**
 * Tombstones for records that decide nothing any more, so that guards that start do not read them for ever: revocations
 * once every token that they concern has expired, and keys a compaction's time after their expiry. A revoked key without
 * an expiry stays. One process at a time does it: that which publishes.
 */
@Injectable()
export class Forgetting implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly rounds = new Rounds({
    work: () => this.look(),
    pauseMs: () => LOOK_MS,
    onFailure: (error) => this.logger.error({ err: error }, 'records that have ended cannot be forgotten'),
  });

  constructor(
    private readonly ended: EndedRecords,
    private readonly store: EventStore,
    private readonly publication: Publication,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** One look: what has ended by now, at most {@link FORGOTTEN_AT_ONCE_MAX} of each kind. */
  async forget(): Promise<void> {
    await this.forgetRevocations();
    await this.forgetKeys();
  }

  private async look(): Promise<void> {
    if (this.publication.status().role === 'active') await this.forget();
  }

  /** By an event, decided on the stream: one that is revoked again at this very moment is not forgotten. */
  private async forgetRevocations(): Promise<void> {
    const at = this.clock.nowIso();
    const ended = await this.ended.revocations(at, FORGOTTEN_AT_ONCE_MAX);
    for (const [tenantId, rows] of Map.groupBy(ended, (row) => row.tenantId)) {
      const steps = rows.map(({ id: streamId, kind, about: id }) =>
        step(revocationAggregate, streamId, { type: 'ForgetRevocation' as const, kind, id, tenantId, at }),
      );
      const context = { actor: 'identity', tenantId, requestId: 'forgetting', decisionId: 'forgetting' };
      await this.store.executeAll(steps, { context });
      await this.ended.forgetProofs(rows.map(({ id }) => id));
    }
  }

  /** An expired key is never changed again, so its record needs no event to go. */
  private async forgetKeys(): Promise<void> {
    const before = new Date(this.clock.nowMs() - COMPACTION_RETENTION_MS).toISOString();
    const keys = await this.ended.keys(before, FORGOTTEN_AT_ONCE_MAX);
    const last = keys.at(-1);
    if (!last) return;
    const topic = topics.identityState.name;
    await this.store.publish(keys.map(({ id }) => ({ topic, key: credentialKey(id), value: null })));
    await this.ended.keysForgotten(last);
  }
}
