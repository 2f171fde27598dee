import { refusalStatus, type DecisionReason, type RefusalCode } from '#libs/contracts';
import type { Decision, TenantSnapshot } from '#libs/decision-engine';
import { Logger } from '#libs/telemetry';
import type { Authenticated, Unauthenticated } from '../authentication/caller.js';
import { AccessRefused } from '../decisions/access-refused.js';
import { callerAttributes, resourceAttributes, tokenAttributes } from '../decisions/decision-attributes.js';
import { NOBODY, type DecisionEntry, type DecisionWho } from '../decisions/decision-entry.js';
import type { DecisionLog } from '../decisions/decision-log.js';
import type { AccessResource } from '../decisions/engine-request.js';
import type { AccessFeed } from '../feed/access-feed.js';
import type { RequestTrace } from './request-trace.js';

/** What was asked and what it was judged by; all of it optional for what is refused before that. */
export type Subject = {
  readonly action?: string;
  readonly resource?: AccessResource;
  readonly decision?: Pick<Decision, 'statements' | 'boundaries' | 'missing'>;
  readonly snapshot?: Pick<TenantSnapshot, 'policyRevision' | 'platformRevision'> | undefined;
  readonly staleMs?: number;
  readonly attributes?: Readonly<Record<string, string>>;
};

/** Records what is decided about one request of an administrative API, and makes the refusal to throw. */
export class RequestDecisions {
  constructor(
    private readonly log: DecisionLog,
    private readonly feed: AccessFeed,
    private readonly logger: Logger,
  ) {}

  /** Recorded before the effect. When it cannot be, there is none: throws a refusal `audit_unavailable`. */
  allow(trace: RequestTrace, reason: DecisionReason, subject: Subject): void {
    const { expectedStatus: httpStatus } = trace;
    const entry = this.entry(trace, subject, { outcome: 'allow', code: '', reason, httpStatus });
    try {
      this.log.record(entry);
    } catch (error) {
      this.logger.error({ err: error }, 'an allowed decision could not be recorded, and was not carried out');
      throw this.unrecorded(trace);
    }
    trace.recorded(entry.decisionId, 'allow');
  }

  /** Recorded before it is sent; without a verified credential through the lane that a flood cannot fill. */
  refuse(trace: RequestTrace, code: RefusalCode, reason: DecisionReason, subject: Subject = {}): AccessRefused {
    return new AccessRefused(code, reason, this.deny(trace, code, refusalStatus[code], reason, subject));
  }

  /** As `refuse`, for an answer that somebody else makes; gives the decision's id. */
  deny(
    trace: RequestTrace,
    code: string,
    httpStatus: number,
    reason: DecisionReason,
    subject: Subject = {},
    who?: Authenticated | Unauthenticated,
  ): string {
    const outcome = { outcome: 'deny', code, reason, httpStatus } as const;
    const attributes = { ...subject.attributes, ...(who && !who.ok && tokenAttributes(who.token)) };
    const entry = this.entry(trace, { ...subject, attributes }, outcome, who && identityOf(who));
    const isVerified = trace.caller !== undefined || who?.ok === true;
    const decisionId = isVerified ? this.recordRefusal(entry) : this.log.recordUnverified(entry);
    trace.recorded(decisionId, 'deny');
    return decisionId;
  }

  durable(): Promise<void> {
    return this.log.durable();
  }

  /** A refusal stays one when it cannot be recorded where it belongs. */
  private recordRefusal(entry: DecisionEntry): string {
    try {
      this.log.record(entry);
      return entry.decisionId;
    } catch (error) {
      this.logger.error({ err: error }, 'a refusal could not be recorded in its lane');
      return this.log.recordUnverified(entry);
    }
  }

  private unrecorded(trace: RequestTrace): AccessRefused {
    const outcome = {
      outcome: 'deny',
      code: 'audit_unavailable',
      reason: 'audit_unavailable',
      httpStatus: 503,
    } as const;
    const decisionId = this.log.recordUnverified(this.entry(trace, {}, outcome));
    trace.recorded(decisionId, 'deny');
    return new AccessRefused('audit_unavailable', 'audit_unavailable', decisionId);
  }

  private entry(
    trace: RequestTrace,
    { action = trace.actions[0] ?? '', resource, decision, snapshot, staleMs = 0, attributes = {} }: Subject,
    outcome: Pick<DecisionEntry, 'outcome' | 'code' | 'reason' | 'httpStatus'>,
    who: DecisionWho = trace.caller ?? NOBODY,
  ): DecisionEntry {
    return {
      ...trace.request,
      ...outcome,
      tenantId: who.tenantId,
      principalId: who.principalId,
      keyId: who.keyId,
      principalKind: who.principalKind,
      authMethod: who.authMethod,
      decisionId: trace.nextDecisionId(),
      operation: 'admin',
      action,
      resourceType: resource?.type ?? '',
      resource: resource?.path ?? '',
      statements: decision?.statements ?? [],
      appliedRules: [...(who.appliedRules ?? []), ...(decision?.boundaries ?? [])],
      attributes: {
        ...(trace.caller && callerAttributes(trace.caller)),
        ...attributesOf(resource, decision),
        ...attributes,
      },
      policyRevision: snapshot?.policyRevision ?? 0,
      platformRevision: snapshot?.platformRevision ?? 0,
      identityPosition: this.feed.positions().identity.position,
      staleMs,
    };
  }
}

function attributesOf(resource: AccessResource | undefined, decision: Subject['decision']): Record<string, string> {
  const missing = decision?.missing ?? [];
  return { ...(resource && resourceAttributes(resource)), ...(missing.length > 0 && { missing: missing.join(',') }) };
}

function identityOf(who: Authenticated | Unauthenticated): DecisionWho {
  if (who.ok) return who;
  const { tenantId, principalId, keyId, token, appliedRules = [] } = who;
  const authMethod = token ? 'jwt' : keyId === '' ? '' : 'api_key';
  return { tenantId, principalId, keyId, appliedRules, principalKind: '', authMethod };
}
