import { CallerParam, PolicyView, Requires, type Caller } from '#libs/access';
import { PLATFORM_TENANT } from '#libs/contracts';
import { refusal } from '#libs/http';
import { Answers } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { WholeRecord } from '../ingest/whole-record.js';
import { AuditReach, type Reach } from '../records/audit-reach.js';
import { recordQuery } from '../records/record-filter.js';
import { GrantCitations } from './grant-citations.js';
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

/** What people and accounts may do and never did. */
@Controller('v1/analytics/unused-grants')
export class GrantsController {
  constructor(
    private readonly reach: AuditReach,
    private readonly citations: GrantCitations,
    private readonly whole: WholeRecord,
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
    const cited = await this.cited(reach, sinceMs);
    const snapshot = this.policy.snapshot(reach.tenant);
    if (!snapshot) throw refusal('not_ready', 'The policy of this tenant is not known here yet.');
    const found = unusedGrants(snapshot, this.citations.holders(reach), cited, { nowMs, max: GRANTS_MAX + 1 });
    this.reach.grant(caller, 'analytics', asked);
    return {
      object: 'unused_grants',
      since: new Date(sinceMs).toISOString(),
      policy_revision: snapshot.policyRevision,
      data: found.slice(0, GRANTS_MAX),
      truncated: found.length > GRANTS_MAX,
    };
  }

  /** Concludes from what is not there: only where everything that was written is stored. */
  private async cited(reach: Reach, sinceMs: number): Promise<ReadonlyMap<string, Citations>> {
    if (!(await this.whole.reached(WHOLE_RECORD_MS, AbortSignal.timeout(2 * WHOLE_RECORD_MS)))) {
      throw refusal('audit_unavailable', 'Decisions are still on their way to the record; ask again in a moment.');
    }
    return this.citations.since(reach, sinceMs);
  }
}
