import { AccessFeed, IdentityView, PolicyView } from '#libs/access';
import { Bus, SealedTopic, type MacKey } from '#libs/bus';
import { KeyUses, topics } from '#libs/contracts';
import { idleStepMs, keyBounds } from '#libs/decision-engine';
import { EventStore } from '#libs/event-store';
import { Clock, Logger } from '#libs/telemetry';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { apiKeyAggregate } from '../aggregates.js';
import { REPORT_MAC_KEY } from '../revocations/replica-reports.consumer.js';
import { byKeyPolicy } from './key-policy-actor.js';
import { KeyUseTable } from './key-uses.adapter.js';

/** Keys of which is remembered what guards know; of others the store is asked. */
const TOLD_MAX = 200_000;

/**
 * Keeps when keys were last used. Where a policy calls keys idle after some time, guards are told too: by an event, but
 * no more often than they need it, so that a key in constant use adds one a day at most.
 */
@Injectable()
export class KeyUsesConsumer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly topic: SealedTopic<KeyUses>;
  /** The last use that guards were told of, ms since 1970, so that not every minute's use asks the store. */
  private readonly told = new Map<string, number>();

  constructor(
    bus: Bus,
    @Inject(REPORT_MAC_KEY) macKey: MacKey,
    private readonly table: KeyUseTable,
    private readonly identity: IdentityView,
    private readonly policy: PolicyView,
    private readonly store: EventStore,
    private readonly clock: Clock,
    feed: AccessFeed,
    logger: Logger,
  ) {
    const take = (told: KeyUses) => this.take(told);
    const group = 'identity.key-uses.v1';
    const isReady = () => feed.isReady();
    this.topic = new SealedTopic({
      bus,
      macKey,
      logger,
      group,
      topic: topics.auditKeyUses,
      schema: KeyUses,
      isReady,
      take,
    });
  }

  onApplicationBootstrap(): void {
    this.topic.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.topic.close();
  }

  private async take(told: KeyUses): Promise<void> {
    await this.table.note(told);
    for (const { keyId, usedAt } of told.uses) await this.tellGuards(told.tenantId, keyId, usedAt);
  }

  private async tellGuards(tenantId: string, keyId: string, usedAt: string): Promise<void> {
    const key = this.identity.credential(keyId);
    const owner = key && this.identity.principal(key.ownerId);
    const snapshot = this.policy.snapshot(tenantId);
    if (!key || !owner || !snapshot || key.tenantId !== tenantId || key.status === 'revoked') return;
    const idle = keyBounds(snapshot, { kind: key.kind, labels: key.labels, ownerLabels: owner.labels })?.idle;
    const stepMs = idle && idleStepMs(idle);
    if (stepMs === undefined || Date.parse(usedAt) - (this.told.get(keyId) ?? 0) < stepMs) return;
    const command = { type: 'NoteApiKeyUse' as const, keyId, tenantId, at: this.clock.nowIso(), usedAt };
    const outcome = await this.store.execute(
      apiKeyAggregate,
      keyId,
      { ...command, stepMs },
      { context: byKeyPolicy(tenantId) },
    );
    if (this.told.size >= TOLD_MAX) this.told.clear();
    if (outcome.state.status !== 'absent') this.told.set(keyId, Date.parse(outcome.state.usedAt ?? usedAt));
  }
}
