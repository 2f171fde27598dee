import { AccessFeed, IdentityView, PolicyView } from '#libs/access';
import { Rounds } from '#libs/service';
import { Logger } from '#libs/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import type { Hold } from '../legal-holds/held-tenants.projection.js';
import { LegalHolds } from '../legal-holds/legal-holds.js';
import { KeptDays } from '../retention/kept-days.js';
import { ContentKeys } from './content-keys.js';
import { ContentsTable } from './contents-table.js';
import { currentKey, type HeldKey } from './key-ring.projection.js';

/** A tenant that has it turned on has a key so soon. */
const KEYS_EVERY_MS = 2_000;
/** Each so many looks at keys, what is over is looked for: once a minute. */
const SWEEP_EACH = 30;
/** A key goes so long after another took its place: longer than the topic holds what was written for it. */
const SUPERSEDED_MS_MIN = 4 * 86_400_000;
const NOBODY = { actor: 'audit', requestId: '', decisionId: '' };

/**
 * Makes keys for tenants that have prompts and answers kept, and takes out what has expired, what is of people who were
 * erased, and keys that nothing was written for any more; of a tenant under legal hold nothing goes. Two replicas may do it at once.
 */
@Injectable()
export class ContentsSweep implements OnApplicationBootstrap, OnModuleDestroy {
  private looks = 0;
  private readonly rounds = new Rounds({
    work: () => this.round(),
    pauseMs: () => KEYS_EVERY_MS,
    onFailure: (error) => this.logger.warn({ err: error }, 'what is kept of calls could not be looked through'),
  });

  constructor(
    private readonly database: AuditDatabase,
    private readonly table: ContentsTable,
    private readonly keys: ContentKeys,
    private readonly kept: KeptDays,
    private readonly holds: LegalHolds,
    private readonly feed: AccessFeed,
    private readonly identity: IdentityView,
    private readonly policy: PolicyView,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    void this.database.ready.then(() => this.rounds.start());
  }

  async onModuleDestroy(): Promise<void> {
    await this.rounds.stop();
  }

  /** Keys for tenants that want contents kept and have none to write with; answers for whom. */
  async makeKeys(): Promise<string[]> {
    const wanting = this.identity.tenants().filter((tenantId) => this.isKept(tenantId));
    if (wanting.length === 0) return [];
    const ring = await this.keys.ring();
    const lacking = wanting.filter((tenantId) => !currentKey(ring, tenantId));
    for (const tenantId of lacking) await this.keys.create(tenantId, NOBODY);
    return lacking;
  }

  /** Whatever may not be there any longer. Nothing goes while identity and policy are not known for sure. */
  async sweep(): Promise<void> {
    const { ready, fresh } = this.feed.health();
    if (!ready || !fresh) return;
    const erased = this.identity.principals().flatMap(({ id, erased: isErased }) => (isErased ? [id] : []));
    const held = await this.holds.inForce();
    if (await this.table.takeOutCallers(erased, [...held.keys()]))
      this.logger.info('contents of people who were erased are gone');
    await this.takeOutExpired(held);
    for (const key of (await this.keys.ring()).keys.values()) {
      if (!held.has(key.tenantId)) await this.takeOutKey(key);
    }
  }

  private async round(): Promise<void> {
    const { ready } = this.feed.health();
    if (!ready) return;
    await this.makeKeys();
    if (this.looks % SWEEP_EACH === 0) await this.sweep();
    this.looks += 1;
  }

  private async takeOutExpired(held: ReadonlyMap<string, Hold>): Promise<void> {
    // By the clock of the store, as decisions.
    const nowMs = await this.database.nowMs();
    for (const tenantId of await this.table.tenants()) {
      if (held.has(tenantId)) continue;
      if (this.isDeleted(tenantId)) await this.table.takeOutTenant(tenantId);
      const first = this.kept.first(tenantId, nowMs);
      if (first !== undefined) await this.table.takeOutBefore(tenantId, first);
    }
  }

  private async takeOutKey(key: HeldKey): Promise<void> {
    const { tenantId, keyId, supersededAt } = key;
    if (this.isDeleted(tenantId)) return this.keys.delete(key, 'tenant_deleted', NOBODY);
    if (supersededAt === null || Date.now() - Date.parse(supersededAt) < SUPERSEDED_MS_MIN) return;
    if (!(await this.table.uses(tenantId, keyId))) await this.keys.delete(key, 'expired', NOBODY);
  }

  private isKept(tenantId: string): boolean {
    const isOn = this.policy.snapshot(tenantId)?.settings?.storePrompts === true;
    return isOn && this.identity.tenantIsActive(tenantId);
  }

  private isDeleted(tenantId: string): boolean {
    return this.identity.tenant(tenantId)?.status === 'deleted';
  }
}
