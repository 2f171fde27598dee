import { PolicyView } from '#libs/access';
import { PLATFORM_TENANT, type Finding } from '#libs/contracts';
import type { TenantSnapshot } from '#libs/decision-engine';
import { Logger } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { findingId } from '../findings/finding-id.js';
import { instant } from '../records/record-list.js';
import { KeptDays } from '../retention/kept-days.js';
import { GrantCitations } from './grant-citations.js';
import { GRANTING_THINGS, GrantedLately, type ChangedThingRow } from './granted-lately.js';
import { unusedGrants } from './unused-grants.js';

/** A grant that was held and allowed nothing for so long is a finding. */
const GRANT_UNUSED_DAYS = 90;
/** Findings of one tenant at a time; when some of them are over, others take their place. */
const GRANT_FINDINGS_PER_TENANT_MAX = 500;
/** Grants of one tenant that one look takes up, those among them that are too young to be one. */
const GRANTS_LOOKED_AT_MAX = 100_000;
/** Where more has changed within the days than this, nobody says what was held all the time. */
const CHANGES_MAX = 20_000;
/** A look reads the decisions of all the days, so what it found holds for this long, ms. */
const LOOK_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

type Unused = Omit<Extract<Finding, { kind: 'grant-unused' }>, 'at'>;
/** `findings` undefined: too much has changed. */
type Known = { readonly atMs: number; readonly findings: readonly Unused[] | undefined };

/** Grants that somebody has held for {@link GRANT_UNUSED_DAYS} days and that allowed nothing, as of the last look. */
@Injectable()
export class UnusedGrantFindings {
  private readonly known = new Map<string, Known>();

  constructor(
    private readonly database: AuditDatabase,
    private readonly citations: GrantCitations,
    private readonly policy: PolicyView,
    private readonly kept: KeptDays,
    private readonly logger: Logger,
  ) {}

  /** Whether what was found of a tenant can be relied on; what is not found there is over. */
  canTell(tenantId: string): boolean {
    return this.known.get(tenantId)?.findings !== undefined;
  }

  /** To be asked only while every decision that was written is stored. */
  async of(tenantIds: readonly string[], nowMs: number, signal: AbortSignal): Promise<readonly Finding[]> {
    for (const tenantId of this.known.keys()) if (!tenantIds.includes(tenantId)) this.known.delete(tenantId);
    const at = new Date(nowMs).toISOString();
    const found: Finding[] = [];
    for (const tenantId of tenantIds) {
      if (signal.aborted) break;
      const known = this.known.get(tenantId);
      if (!known || nowMs - known.atMs >= LOOK_EVERY_MS) await this.look(tenantId, nowMs);
      found.push(...(this.known.get(tenantId)?.findings ?? []).map((finding) => ({ ...finding, at })));
    }
    return found;
  }

  /** Looks at the grants of a tenant anew. */
  async look(tenantId: string, nowMs: number): Promise<void> {
    const snapshot = this.policy.snapshot(tenantId);
    const firstKept = this.kept.first(tenantId, nowMs);
    const reachesBack = firstKept !== undefined && Date.parse(firstKept) <= sinceOf(nowMs);
    if (!snapshot || !reachesBack) this.known.delete(tenantId);
    else this.known.set(tenantId, { atMs: nowMs, findings: await this.find(tenantId, snapshot, nowMs) });
  }

  /** Undefined where too much has changed. */
  private async find(
    tenantId: string,
    snapshot: TenantSnapshot,
    nowMs: number,
  ): Promise<readonly Unused[] | undefined> {
    const sinceMs = sinceOf(nowMs);
    const changes = await this.changes(tenantId, sinceMs);
    if (changes.length > CHANGES_MAX) {
      this.logger.warn({ tenantId, max: CHANGES_MAX }, 'too much has changed to say which grants nobody uses');
      return undefined;
    }
    const lately = new GrantedLately(changes);
    const reach = { tenant: tenantId, owner: undefined };
    const cited = await this.citations.since(reach, sinceMs);
    const about = { nowMs, max: GRANTS_LOOKED_AT_MAX };
    const unused = unusedGrants(snapshot, this.citations.holders(reach), cited, about);
    const old = unused.filter(({ principal_id, statement }) => !lately.has(principal_id, statement));
    const unusedSince = new Date(sinceMs).toISOString();
    return old.slice(0, GRANT_FINDINGS_PER_TENANT_MAX).map(({ principal_id: ownerId, statement: rule }) => {
      const id = findingId('grant-unused', tenantId, ownerId, rule);
      return { kind: 'grant-unused', findingId: id, tenantId, ownerId, rule, unusedSince };
    });
  }

  /** What the platform shares, roles and models, counts as one's own. */
  private changes(tenantId: string, sinceMs: number): Promise<ChangedThingRow[]> {
    return this.database.rows<ChangedThingRow>(
      `SELECT resource_type, resource, before, after FROM changes
        WHERE tenant_id IN ({tenant:String}, {platform:String}) AND resource_type IN ({things:Array(String)})
          AND at >= ${instant('since_ms')} LIMIT {rows:UInt32}`,
      {
        tenant: tenantId,
        platform: PLATFORM_TENANT,
        things: [...GRANTING_THINGS],
        since_ms: sinceMs,
        rows: CHANGES_MAX + 1,
      },
    );
  }
}

const sinceOf = (nowMs: number) => nowMs - GRANT_UNUSED_DAYS * DAY_MS;
