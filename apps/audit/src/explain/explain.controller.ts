import { Access, CallerParam, IdentityView, PolicyView, Requires, type Caller } from '#libs/access';
import { explain, type AccessRequest, type Explanation } from '#libs/decision-engine';
import { Answers } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Controller, Get, Param } from '@nestjs/common';
import { AuditReach } from '../records/audit-reach.js';
import { conditionsOf } from '../records/record-filter.js';
import { RecordFinder } from '../records/record-finder.js';
import { isDecisionId } from '../records/record-list.js';
import { DecisionReplay } from './decision-replay.js';
import { ExplainedDecision } from './explain-answers.js';
import { policyTenant, type DecidedRow } from './recorded-decision.js';

/** Why a stored decision fell as it did, and how it would fall now. */
@Controller('v1/decisions')
export class ExplainController {
  constructor(
    private readonly reach: AuditReach,
    private readonly finder: RecordFinder,
    private readonly replay: DecisionReplay,
    private readonly access: Access,
    private readonly identity: IdentityView,
    private readonly policy: PolicyView,
    private readonly clock: Clock,
  ) {}

  /** Whoever sees the decision sees this; whose statements nearly matched is told to those who may read the policy. */
  @Get(':decisionId/explain')
  @Requires('audit:read')
  @Answers('Explains a decision by the policy of its time, and by that of now.', { 200: ExplainedDecision })
  async explain(@CallerParam() caller: Caller, @Param('decisionId') id: string) {
    const reach = this.reach.of(caller, 'decisions');
    const found = isDecisionId(id) ? await this.finder.find('decisions', id, conditionsOf(reach)) : undefined;
    if (!found) throw this.reach.missing(caller, 'decisions', id);
    const row = found as DecidedRow;
    const explained = await this.replay.explain(row);
    this.reach.grant(caller, 'decisions', reach);
    const tenant = policyTenant(row);
    const seesPolicy = this.access.allowed(caller, 'policy:read', { type: 'policy', path: '*', tenant });
    const { undecidable: why } = explained;
    return {
      object: 'decision_explanation',
      decision_id: row.decision_id,
      tenant_id: row.tenant_id,
      recorded: recordedOf(row),
      not_decided_again: why ?? null,
      at_the_time: explained.explanation ? shown(explained.explanation, seesPolicy) : null,
      differences: why === undefined ? explained.differences : [],
      now: why === undefined ? this.now(row, explained.request, seesPolicy) : null,
    };
  }

  /** The same question to the policy of now, asked by the caller as they are now. */
  private now(row: DecidedRow, request: AccessRequest, seesPolicy: boolean) {
    const snapshot = this.policy.snapshot(policyTenant(row));
    if (!snapshot) return null;
    const principal = this.identity.principal(row.principal_id);
    const key = row.key_id === '' ? undefined : this.identity.credential(row.key_id);
    const { teams, groups, labels } = principal ?? request.principal;
    const circumstances = { ...request.request, timeMs: this.clock.nowMs() };
    const asked = { ...request, principal: { ...request.principal, teams, groups, labels }, request: circumstances };
    return {
      ...shown(explain(snapshot, asked), seesPolicy),
      principal_status: principal?.status ?? 'unknown',
      key_status: row.key_id === '' ? null : (key?.status ?? 'unknown'),
    };
  }
}

function recordedOf(row: DecidedRow) {
  const { at, outcome, code, reason, statements, applied_rules, policy_revision, platform_revision } = row;
  const { engine_version, action, resource_type, resource } = row;
  return {
    at,
    action,
    resource: `${resource_type}:${resource}`,
    decision: outcome,
    code,
    reason,
    statements,
    applied_rules,
    policy_revision,
    platform_revision,
    engine_version,
  };
}

function shown(explanation: Explanation, seesPolicy: boolean) {
  const { allowed, code, reason, statements, boundaries, missing, nearMisses } = explanation;
  return {
    decision: allowed ? 'allow' : 'deny',
    code,
    reason,
    statements,
    failed_boundaries: boundaries,
    missing_attributes: missing,
    near_misses: seesPolicy ? nearMisses : [],
    policy_revision: explanation.policyRevision,
    platform_revision: explanation.platformRevision,
    engine_version: explanation.engineVersion,
  };
}
