import { CallerParam, IdentityView, PolicyView, Requires, type Caller } from '#libs/access';
import { PLATFORM_TENANT } from '#libs/contracts';
import type { Principal } from '#libs/decision-engine';
import { refusal } from '#libs/http';
import { Answers } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { WholeRecord } from '../ingest/whole-record.js';
import { AuditReach, type Reach } from '../records/audit-reach.js';
import { conditionsOf, recordQuery } from '../records/record-filter.js';
import { instant } from '../records/record-list.js';
import { ShownUnusedGrants } from './grants-answers.js';
import { unusedGrants, type Citations } from './unused-grants.js';

const DAY_MS = 86_400_000;
/** Decisions are kept for no longer. */
const DAYS_MAX = 400;
const GRANTS_MAX = 1_000;
/** How long a request waits for decisions that are on their way, ms. */
const WHOLE_RECORD_MS = 5_000;

const GrantsQuery = z.strictObject({
  tenant: recordQuery.tenant,
  days: z
    .string()
    .regex(/^\d{1,3}$/, 'a number')
    .transform(Number)
    .pipe(z.int().min(1).max(DAYS_MAX))
    .default(90),
});
type GrantsQuery = z.output<typeof GrantsQuery>;
type CitedRow = { readonly principal_id: string; readonly statements: readonly string[]; readonly longest: number };

/** What people and accounts may do and never did. */
@Controller('v1/analytics/unused-grants')
export class GrantsController {
  constructor(
    private readonly reach: AuditReach,
    private readonly database: AuditDatabase,
    private readonly whole: WholeRecord,
    private readonly identity: IdentityView,
    private readonly policy: PolicyView,
    private readonly clock: Clock,
  ) {}

  /** Of the policy in force. What somebody was given a moment ago is among it as well. */
  @Get()
  @Requires('audit:read')
  @Answers('Lists grants that allowed nothing for so many days.', { 200: ShownUnusedGrants })
  async unused(@CallerParam() caller: Caller, @Query({ schema: GrantsQuery }) query: GrantsQuery) {
    const asked = this.reach.of(caller, 'analytics', query.tenant);
    const reach = { ...asked, tenant: asked.tenant ?? PLATFORM_TENANT };
    const nowMs = this.clock.nowMs();
    const sinceMs = nowMs - query.days * DAY_MS;
    const cited = await this.citations(reach, sinceMs);
    const snapshot = this.policy.snapshot(reach.tenant);
    if (!snapshot) throw refusal('not_ready', 'The policy of this tenant is not known here yet.');
    const found = unusedGrants(snapshot, this.holders(reach), cited, { nowMs, max: GRANTS_MAX + 1 });
    this.reach.grant(caller, 'analytics', asked);
    return {
      object: 'unused_grants',
      since: new Date(sinceMs).toISOString(),
      policy_revision: snapshot.policyRevision,
      data: found.slice(0, GRANTS_MAX),
      truncated: found.length > GRANTS_MAX,
    };
  }

  private holders({ tenant, owner }: Reach): readonly Principal[] {
    const ofReach = this.identity.directory.principalEntries().flatMap(({ record, engine }) => {
      const isLiving = record?.tenantId === tenant && record?.status !== 'deleted';
      return engine && isLiving && (owner === undefined || engine.id === owner) ? [engine] : [];
    });
    return ofReach.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Concludes from what is not there: only where everything that was written is stored. */
  private async citations(reach: Reach, sinceMs: number): Promise<ReadonlyMap<string, Citations>> {
    if (!(await this.whole.reached(WHOLE_RECORD_MS, AbortSignal.timeout(2 * WHOLE_RECORD_MS)))) {
      throw refusal('audit_unavailable', 'Decisions are still on their way to the record; ask again in a moment.');
    }
    const { where, params } = conditionsOf(reach);
    const rows = await this.database.rows<CitedRow>(
      `SELECT principal_id, groupUniqArrayArray(statements) AS statements, max(length(t.statements)) AS longest
        FROM decisions AS t WHERE ${[...where, `at >= ${instant('since_ms')}`, `outcome = 'allow'`].join(' AND ')}
        GROUP BY principal_id`,
      { ...params, since_ms: sinceMs },
    );
    return new Map(rows.map(({ principal_id, ...citations }) => [principal_id, citations]));
  }
}
