import { Access, CallerParam, IdentityView, PolicyView, Requires, type Caller } from '#libs/access';
import type { PrincipalRecord } from '#libs/contracts';
import { callLabels, explain, type AccessRequest, type Explanation } from '#libs/decision-engine';
import { refusal } from '#libs/http';
import { Answers } from '#libs/openapi';
import { isAction, operations } from '#libs/policy-language';
import { Clock } from '#libs/telemetry';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { z } from 'zod';
import { TenantScope } from '../apply/tenant-scope.js';
import { enginePrincipal, subjectPrincipal } from './subject-principal.js';
import { ShownExplanation } from './explain-answers.js';

/** What a call may say of itself: the bounds of the gateway's header and bodies. */
const Metadata = z.record(z.string().max(128), z.string().max(512));
const ExplainBody = z.strictObject({
  /** `user:<e-mail or id>` or `virtual-account:<name or id>`. */
  subject: z.string().min(1).max(300),
  action: z.string().refine(isAction, 'there is no such action'),
  /** `<type>:<path>`, e.g. `model:openai-main/gpt-4`. */
  resource: z
    .string()
    .regex(/^[a-z-]+:.+$/, '<type>:<path>')
    .max(300),
  operation: z.enum(operations).default('chat'),
  ip: z.union([z.ipv4(), z.ipv6()]).optional(),
  time: z.iso.datetime().optional(),
  /** What the call says; labels of a virtual account and of the tenant win over it, as they do at the gateway. */
  metadata: Metadata.default({}),
  tenant: z.string().min(1).max(63).optional(),
});
type ExplainBody = z.output<typeof ExplainBody>;

/** What would be decided now, by which rules, and what nearly made it another decision. */
@Controller('v1/explain')
export class ExplainController {
  constructor(
    private readonly access: Access,
    private readonly scope: TenantScope,
    private readonly identity: IdentityView,
    private readonly policy: PolicyView,
    private readonly clock: Clock,
  ) {}

  @Post()
  @HttpCode(200)
  @Requires('policy:read')
  @Answers('Tells what would be decided, and by which rules.', { 200: ShownExplanation })
  explain(@CallerParam() caller: Caller, @Body({ schema: ExplainBody }) body: ExplainBody) {
    const tenantId = this.scope.of(caller, 'policy:read', body.tenant);
    const asked = { type: 'policy', path: '*', tenant: tenantId };
    const principal = subjectPrincipal(this.identity, tenantId, body.subject);
    if (!principal) throw this.access.notFound(caller, 'policy:read', asked);
    this.access.require(caller, 'policy:read', asked);
    const snapshot = this.policy.snapshot(tenantId);
    if (!snapshot) throw refusal('not_ready', 'The policy of this tenant is not known here yet.');
    const tenantLabels = this.identity.tenant(tenantId)?.labels;
    const metadata = { ...body.metadata, ...(body.operation !== 'admin' && callLabels({ principal, tenantLabels })) };
    const explanation = explain(snapshot, requestOf(principal, { ...body, metadata }, this.clock.nowMs()));
    return {
      object: 'explanation',
      subject: body.subject,
      principal: principal.id,
      action: body.action,
      resource: body.resource,
      ...shownExplanation(explanation),
    };
  }
}

function requestOf(principal: PrincipalRecord, body: ExplainBody, nowMs: number): AccessRequest {
  const colon = body.resource.indexOf(':');
  return {
    principal: enginePrincipal(principal),
    action: body.action,
    resource: { type: body.resource.slice(0, colon), path: body.resource.slice(colon + 1) },
    credential: { kind: 'none' },
    request: {
      operation: body.operation,
      timeMs: body.time === undefined ? nowMs : Date.parse(body.time),
      metadata: body.metadata,
      ...(body.ip !== undefined && { ip: body.ip }),
    },
  };
}

function shownExplanation(explanation: Explanation) {
  const { allowed, code, reason, statements, boundaries, missing, nearMisses } = explanation;
  const decision = allowed ? 'allow' : 'deny';
  return {
    decision,
    code,
    reason,
    statements,
    failed_boundaries: boundaries,
    missing_attributes: missing,
    near_misses: nearMisses,
    policy_revision: explanation.policyRevision,
    platform_revision: explanation.platformRevision,
    engine_version: explanation.engineVersion,
  };
}
