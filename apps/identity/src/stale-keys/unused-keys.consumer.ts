import { AccessFeed, PolicyView } from '#libs/access';
import { Bus, SealedTopic, type MacKey } from '#libs/bus';
import { Finding, topics } from '#libs/contracts';
import { keyBounds } from '#libs/decision-engine';
import { EventStore } from '#libs/event-store';
import { Clock, Logger } from '#libs/telemetry';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { apiKeyAggregate } from '../aggregates.js';
import { ownerSubject } from '../api-keys/key-view.js';
import type { KeyRow } from '../api-keys/key-list.projection.js';
import { byKeyPolicy } from '../key-uses/key-policy-actor.js';
import { KeyUseTable } from '../key-uses/key-uses.adapter.js';
import { Principals } from '../principals.js';
import { REPORT_MAC_KEY } from '../revocations/replica-reports.consumer.js';
import { Tables } from '../tables.js';

type UnusedKey = Extract<Finding, { kind: 'key-unused' }>;

/**
 * Revokes keys that audit has found unused, where policy says so at this moment. A finding is a hint and not an order:
 * it is looked at again with what identity knows itself, so any use that anybody has heard of since makes it void.
 */
@Injectable()
export class UnusedKeysConsumer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly topic: SealedTopic<Finding>;

  constructor(
    bus: Bus,
    @Inject(REPORT_MAC_KEY) macKey: MacKey,
    private readonly tables: Tables,
    private readonly uses: KeyUseTable,
    private readonly principals: Principals,
    private readonly policy: PolicyView,
    private readonly store: EventStore,
    private readonly clock: Clock,
    private readonly logger: Logger,
    feed: AccessFeed,
  ) {
    const take = async (finding: Finding) => {
      if (finding.kind === 'key-unused') await this.revoke(finding);
    };
    const group = 'identity.unused-keys.v1';
    const isReady = () => feed.isReady();
    this.topic = new SealedTopic({
      bus,
      macKey,
      logger,
      group,
      topic: topics.auditFindings,
      schema: Finding,
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

  private async revoke(finding: UnusedKey): Promise<void> {
    const { keyId, tenantId } = finding;
    const found = await this.tables.keys.find(tenantId, keyId);
    if (!found || found.row.status === 'revoked' || !(await this.isUnused(found.row, finding))) return;
    const command = {
      type: 'RevokeApiKey' as const,
      keyId,
      tenantId,
      at: this.clock.nowIso(),
      cause: 'unused' as const,
    };
    // On the version that was looked at: a rotation or anything else in between is looked at with the next finding.
    const options = { context: byKeyPolicy(tenantId), expectedVersion: found.version };
    await this.store.execute(apiKeyAggregate, keyId, command, options);
    this.logger.warn({ keyId, tenantId, findingId: finding.findingId }, 'a key was revoked: nobody had used it');
  }

  private async isUnused(row: KeyRow, { lastUsedAt }: UnusedKey): Promise<boolean> {
    const owner = await this.principals.find(row.tenantId, ownerSubject(row));
    const snapshot = this.policy.snapshot(row.tenantId);
    if (!owner || !snapshot) return false;
    const bound = keyBounds(snapshot, { ...row, ownerLabels: owner.row.labels })?.unusedRevoked;
    const used = (await this.uses.of([row.id])).get(row.id) ?? null;
    const sinceMs = Math.max(
      ...[row.rotatedAt ?? row.createdAt, lastUsedAt, used].map((at) => Date.parse(at ?? row.createdAt)),
    );
    return bound !== undefined && this.clock.nowMs() - sinceMs >= bound.ms;
  }
}
