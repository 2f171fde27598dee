import { AccessFeed, IdentityView, PolicyView } from '#libs/access';
import type { CredentialRecord, Finding } from '#libs/contracts';
import { Rounds } from '#libs/service';
import { Clock, Logger } from '#libs/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { IngestSource } from '../ingest/ingest-source.js';
import { WholeRecord } from '../ingest/whole-record.js';
import { SealedPublisher } from '../sealed-publisher.js';
import { LimitUse } from '../limits/limit-use.js';
import { documentFindings } from './document-findings.js';
import { UnusedGrantFindings } from '../grants/unused-grant-findings.js';
import { findingId } from './finding-id.js';
import { FINDINGS_OPEN_MAX, FindingsTable, rowOfFinding, type FindingRow } from './findings-table.js';
import { limitFindings } from './limit-findings.js';
import { modelFindings } from './model-findings.js';
import { overdueRotation } from './overdue-rotation.js';
import { candidateOf, findingsOf, type Candidate } from './unused-keys.js';

/** Between two sweeps, ms; longer where a sweep takes long, so that it never takes more than a twentieth of the time. */
const SWEEP_MS = 20_000;
const PAUSE_PER_SWEEP = 19;
/** How long one sweep waits for decisions that are on their way, ms. */
const WHOLE_RECORD_MS = 30_000;
/** Keys that are looked at before anything else gets its turn. */
const KEYS_AT_ONCE = 2_000;
/** Findings that one publication carries. */
const TOLD_AT_ONCE = 200;

type UsedRow = { readonly key_id: string; readonly used_ms: number };

/**
 * Looks at all keys and accounts now and then. What it concludes from absence, a key that nobody used, it concludes only
 * when every decision that was written is stored; each finding carries the last use that it rests on.
 */
@Injectable()
export class FindingSweep implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly rounds = new Rounds({
    work: () => this.timed(),
    pauseMs: () => Math.max(SWEEP_MS, this.tookMs * PAUSE_PER_SWEEP),
    onFailure: (error) => this.logger.warn({ err: error }, 'findings cannot be looked for now'),
  });
  private tookMs = 0;

  constructor(
    private readonly database: AuditDatabase,
    private readonly whole: WholeRecord,
    private readonly table: FindingsTable,
    private readonly publisher: SealedPublisher,
    private readonly source: IngestSource,
    private readonly limitUse: LimitUse,
    private readonly unusedGrants: UnusedGrantFindings,
    private readonly feed: AccessFeed,
    private readonly identity: IdentityView,
    private readonly policy: PolicyView,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.rounds.stop();
  }

  /** One look at everything. False where it could not be relied on, and nothing was concluded. */
  async sweep(): Promise<boolean> {
    const { ready, fresh } = this.feed.health();
    if (!ready || !fresh || !(await this.whole.reached(WHOLE_RECORD_MS, this.rounds.signal))) return false;
    const nowMs = this.clock.nowMs();
    const found = [
      ...(await this.aboutKeys(nowMs)),
      ...this.ownerlessAccounts(nowMs),
      ...(await this.aboutPolicy(nowMs)),
      ...limitFindings(this.limitUse.runs(), (tenantId) => this.policy.snapshot(tenantId), nowMs),
      // Last, since they are the most and hurry the least.
      ...(await this.unusedGrants.of(this.identity.tenants(), nowMs, this.rounds.signal)),
    ].slice(0, FINDINGS_OPEN_MAX);
    // Looked at half of the keys, or not knowing some tenant's policy, nobody can say what is over.
    if (this.rounds.signal.aborted) return false;
    const open = new Map((await this.table.open()).map((row) => [row.finding_id, row]));
    const fresher = found.filter((finding) => !open.has(finding.findingId));
    for (let at = 0; at < fresher.length; at += TOLD_AT_ONCE) await this.tell(fresher.slice(at, at + TOLD_AT_ONCE));
    const holding = new Set(found.map((finding) => finding.findingId));
    const over = [...open.values()].filter(
      (row) => !holding.has(row.finding_id) && this.canTell(row) && this.policy.snapshot(row.tenant_id) !== undefined,
    );
    await this.table.put(over.map((row) => ({ ...row, resolved_at: new Date(nowMs).toISOString() })));
    return true;
  }

  /** Whether it would have been found, did it still hold. */
  private canTell({ kind, tenant_id }: FindingRow): boolean {
    if (kind === 'grant-unused') return this.unusedGrants.canTell(tenant_id);
    return kind !== 'limit-reached' || this.limitUse.isCaughtUp;
  }

  private async timed(): Promise<void> {
    const beganMs = this.clock.monotonicMs();
    try {
      await this.sweep();
    } finally {
      this.tookMs = this.clock.monotonicMs() - beganMs;
    }
  }

  /** Told first and kept then: one that was told by a process which died is told again, and is the same. */
  private async tell(findings: readonly Finding[]): Promise<void> {
    const tellings = findings.map((value) => ({ tenantId: value.tenantId, value }));
    await this.publisher.publish(this.source.findings, 'audit.finding.made', tellings);
    await this.table.put(findings.map(rowOfFinding));
    for (const { kind, tenantId, findingId: id } of findings) this.logger.warn({ kind, tenantId, id }, 'a finding');
  }

  private async aboutKeys(nowMs: number): Promise<Finding[]> {
    const found: Finding[] = [];
    for (let from: number | undefined = 0; from !== undefined && !this.rounds.signal.aborted;) {
      const page = this.identity.keysFrom(from, KEYS_AT_ONCE);
      const candidates = page.keys.flatMap((key): Candidate[] => {
        const owner = this.identity.principal(key.ownerId);
        const snapshot = owner && this.policy.snapshot(key.tenantId);
        const candidate = snapshot && candidateOf(snapshot, key, owner, nowMs);
        return candidate ? [candidate] : [];
      });
      found.push(...page.keys.flatMap((key) => this.rotationsOf(key, nowMs)));
      const uses = candidates.length > 0 ? await this.usesOf(candidates) : new Map<string, number>();
      found.push(...candidates.flatMap((each) => findingsOf(each, uses.get(each.key.keyId) ?? null, nowMs)));
      from = page.next;
      await delay(0);
    }
    return found;
  }

  private rotationsOf(key: CredentialRecord, nowMs: number): readonly Finding[] {
    const owner = this.identity.principal(key.ownerId);
    const snapshot = owner && this.policy.snapshot(key.tenantId);
    return [...failingRotation(key, nowMs), ...(snapshot ? overdueRotation(snapshot, key, owner, nowMs) : [])];
  }

  private async aboutPolicy(nowMs: number): Promise<Finding[]> {
    const found: Finding[] = [];
    for (const tenantId of this.identity.tenants()) {
      const snapshot = this.policy.snapshot(tenantId);
      if (snapshot) found.push(...modelFindings(snapshot, nowMs), ...documentFindings(snapshot, nowMs));
      await delay(0);
    }
    return found;
  }

  private async usesOf(candidates: readonly Candidate[]): Promise<ReadonlyMap<string, number>> {
    const rows = await this.database.rows<UsedRow>(
      `SELECT key_id, toUnixTimestamp(max(last_used_at)) * 1000 AS used_ms FROM key_uses
       WHERE tenant_id IN ({tenants:Array(String)}) AND key_id IN ({keys:Array(String)}) GROUP BY key_id`,
      {
        tenants: [...new Set(candidates.map(({ key }) => key.tenantId))],
        keys: candidates.map(({ key }) => key.keyId),
      },
    );
    return new Map(rows.map((row) => [row.key_id, Number(row.used_ms)]));
  }

  private ownerlessAccounts(nowMs: number): Finding[] {
    const at = new Date(nowMs).toISOString();
    return this.identity.principals().flatMap(({ kind, id, tenantId, status, ownerTeam, operator }): Finding[] => {
      if (kind !== 'virtual-account' || status === 'deleted' || ownerTeam !== null || operator) return [];
      const finding = { findingId: findingId('account-ownerless', id), tenantId, at, virtualAccountId: id };
      return [{ kind: 'account-ownerless', ...finding }];
    });
  }
}

function failingRotation(
  { keyId, tenantId, ownerId, status, rotationFailing }: CredentialRecord,
  nowMs: number,
): Finding[] {
  if (!rotationFailing || status !== 'active') return [];
  const id = findingId('rotation-failing', keyId, rotationFailing.since);
  const about = { findingId: id, tenantId, at: new Date(nowMs).toISOString(), keyId, ownerId };
  return [{ kind: 'rotation-failing', ...about, ...rotationFailing }];
}
