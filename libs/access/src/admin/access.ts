import type { DecisionReason, RefusalCode } from '#libs/contracts';
import { decide, type CounterExample, type Decision, type TenantSnapshot } from '#libs/decision-engine';
import { problem, type ProblemError } from '#libs/http';
import { actions, isAction } from '#libs/policy-language';
import type { Clock } from '#libs/telemetry';
import type { Caller } from '../authentication/caller.js';
import type { AccessRefused } from '../decisions/access-refused.js';
import { engineRequest, type AccessResource } from '../decisions/engine-request.js';
import type { AccessFeed } from '../feed/access-feed.js';
import type { Freshness } from '../feed/freshness.js';
import type { PolicyView } from '../policy/policy-view.js';
import { snapshotFor } from './snapshot-for.js';
import type { RequestDecisions } from './request-decisions.js';
import { traceOfCaller, type RequestTrace } from './request-trace.js';

/** One thing that a request wants to do. */
export type AccessQuestion = { readonly action: string; readonly resource: AccessResource };

/** What only takes rights away stays possible when nobody knows how old the policy is. */
const NARROWING: ReadonlySet<string> = new Set([
  'key:revoke',
  'key:suspend',
  'user:suspend',
  'virtual-account:suspend',
  'tenant:suspend',
  'oauth-client:revoke',
  'issuer:revoke',
  'session:revoke',
]);

type Verdict = {
  readonly allowed: boolean;
  readonly code: RefusalCode;
  readonly reason: DecisionReason;
  readonly decision?: Decision;
  readonly snapshot?: TenantSnapshot | undefined;
  readonly staleMs: number;
};

/** A question as it was judged. */
type Judged = AccessQuestion & { readonly verdict: Verdict };

/** What a decision to allow is recorded with. */
type Granted = Partial<Pick<Verdict, 'reason' | 'snapshot' | 'staleMs'>> & {
  readonly statements?: readonly string[];
  readonly attributes?: Readonly<Record<string, string>>;
};

/**
 * Authorises what a handler has resolved, by the engine that model calls are authorised with. Each `require` is one
 * recorded decision: written before it returns, or before the refusal that it throws is sent.
 */
export class Access {
  constructor(
    private readonly decisions: RequestDecisions,
    private readonly feed: AccessFeed,
    private readonly policy: PolicyView,
    private readonly clock: Clock,
  ) {}

  /**
   * Returns when the caller may; else throws {@link AccessRefused}: 403 with the engine's code, 404 where the resource
   * is another tenant's, 503 while policy or snapshot cannot be relied on. The action must be one that the route
   * declares with `@Requires`: another one is a defect (TypeError).
   */
  require(caller: Caller, action: string, resource: AccessResource): void {
    this.requireAll(caller, [{ action, resource }]);
  }

  /**
   * As {@link require}, for what everybody may do with what is their own, whatever their roles: see and end their
   * sessions, set their password. A deny, a boundary or a narrowed credential refuses all the same.
   */
  requireOwn(caller: Caller, action: string, resource: AccessResource): void {
    const question = { action, resource };
    const trace = declared(caller, [question]);
    const verdict = this.judge(caller, question);
    const isWhole = caller.restrictions === undefined && caller.details === undefined;
    const isOwn = resource.owner === caller.principalId && isWhole;
    trace.asked = true;
    if (!verdict.allowed && !(isOwn && verdict.reason === 'no_matching_rule')) {
      throw this.refusal(trace, question, verdict);
    }
    this.grant(caller, trace, question, grantedBy(verdict), [{ ...question, verdict }]);
  }

  /**
   * For what every credential may do, however narrowed: ask about itself. Recorded as allowed; no policy is looked at.
   * What is answered must be the caller's own.
   */
  aboutSelf(caller: Caller, action: string): void {
    const { principalId: path, tenantId: tenant } = caller;
    const question = { action, resource: { type: isAction(action) ? actions[action].type : '', path, tenant } };
    const trace = declared(caller, [question]);
    trace.asked = true;
    this.grant(caller, trace, question, {}, []);
  }

  /** One decision about several things: all, or a refusal that names the first that is denied. At least one is needed. */
  requireAll(caller: Caller, questions: readonly AccessQuestion[]): void {
    const [first] = questions;
    if (!first) throw new TypeError('Nothing was asked.');
    const trace = declared(caller, questions);
    const verdicts = questions.map((question) => ({ ...question, verdict: this.judge(caller, question) }));
    const denied = verdicts.find(({ verdict }) => !verdict.allowed);
    trace.asked = true;
    if (denied) throw this.refusal(trace, denied, denied.verdict);
    const statements = [...new Set(verdicts.flatMap(({ verdict }) => verdict.decision?.statements ?? []))].sort();
    const resource = { ...first.resource, path: pathsOf(questions) };
    this.grant(caller, trace, { action: first.action, resource }, { ...verdicts[0]?.verdict, statements }, verdicts);
  }

  /**
   * Those of the items that the caller may see, for lists; one recorded decision. Throws 403 where the caller sees none
   * of them and could not even see one of its own. `resourceOf` answers what each item is.
   */
  visible<Item>(
    caller: Caller,
    action: string,
    items: readonly Item[],
    resourceOf: (item: Item) => AccessResource,
  ): Item[] {
    const type = isAction(action) ? actions[action].type : '';
    const list: AccessQuestion = { action, resource: { type, path: '*', owner: caller.principalId } };
    const trace = declared(caller, [list]);
    const seen = items.filter((item) => this.judge(caller, { action, resource: resourceOf(item) }).allowed);
    const verdict = this.judge(caller, list);
    trace.asked = true;
    if (!verdict.allowed && (seen.length === 0 || isOwnState(verdict))) throw this.refusal(trace, list, verdict);
    const resource = { type, path: '*' };
    const attributes = { 'list.items': String(items.length), 'list.visible': String(seen.length) };
    const granted = { ...grantedBy(verdict), attributes };
    this.grant(caller, trace, { action, resource }, granted, [{ ...list, verdict }]);
    return seen;
  }

  /** Whether the caller may; neither recorded nor counted as having asked. */
  allowed(caller: Caller, action: string, resource: AccessResource): boolean {
    return this.judge(caller, { action, resource }).allowed;
  }

  /**
   * Whose tenant a request means: the caller's own, or the one that an operator names. Naming another than one's own is
   * 404 for everybody else, whether or not it exists. Whether the operator's exists is for the handler to resolve.
   */
  tenantOf(caller: Caller, named?: string): string {
    if (named === undefined || named === caller.tenantId || caller.operator) return named ?? caller.tenantId;
    throw this.notFound(caller, '', { type: 'tenant', path: named, tenant: named });
  }

  /** To be thrown where what a request names does not exist: recorded, and exactly what another tenant's thing answers. */
  notFound(caller: Caller, action: string, resource: AccessResource): AccessRefused {
    const trace = traceIn(caller);
    trace.asked = true;
    const isForeign = resource.tenant !== undefined && resource.tenant !== caller.tenantId;
    const reason = isForeign ? 'other_tenant' : 'resource_unknown';
    return this.decisions.refuse(trace, 'not_found', reason, { ...(action && { action }), resource });
  }

  /**
   * To be thrown where the caller would grant what they do not hold (rule 11): recorded as a decision of its own, and
   * answered with the counter-example, so that the caller sees which of it to leave out.
   */
  grantRefused(caller: Caller, { action, resource }: AccessQuestion, example: CounterExample): ProblemError {
    const { statement, action: granted, resource: on } = example;
    const attributes = { 'grant.statement': statement, 'grant.action': granted, 'grant.resource': on };
    const item = { ...example, detail: `It cannot be shown that you hold ${granted} on ${on}.` };
    const told = { code: 'grant/not-held', detail: 'Nobody grants more than they hold.', errors: [item] };
    return this.forbidden(caller, { action, resource }, 'grant_not_held', told, attributes);
  }

  /** To be thrown where a promotion to production has nobody behind it but the caller; recorded as a decision of its own. */
  secondPersonRequired(caller: Caller, question: AccessQuestion): ProblemError {
    const code = 'promotion/second-person-required';
    const detail = 'What goes to production was made by one person and is promoted by another.';
    return this.forbidden(caller, question, 'second_person_required', { code, detail, errors: [] });
  }

  private forbidden(
    caller: Caller,
    { action, resource }: AccessQuestion,
    reason: DecisionReason,
    { code, detail, errors }: Pick<ProblemError, 'code' | 'detail' | 'errors'>,
    attributes: Readonly<Record<string, string>> = {},
  ): ProblemError {
    const trace = traceIn(caller);
    trace.asked = true;
    this.decisions.deny(trace, code, 403, reason, { action, resource, attributes });
    return problem(403, code, detail, errors);
  }

  private judge(caller: Caller, { action, resource }: AccessQuestion): Verdict {
    const tenant = resource.tenant ?? caller.tenantId;
    if (tenant !== caller.tenantId && !caller.operator) {
      return { allowed: false, code: 'not_found', reason: 'other_tenant', staleMs: 0 };
    }
    const snapshot = snapshotFor(this.policy, caller, tenant);
    if (!snapshot) return { allowed: false, code: 'not_ready', reason: 'not_ready', staleMs: 0 };
    const circumstances = { operation: 'admin', ip: caller.ip, timeMs: this.clock.nowMs() };
    const decision = decide(snapshot, engineRequest(caller, action, { ...resource, tenant }, circumstances));
    const { serve, staleMs } = this.freshness(snapshot);
    const about = { decision, snapshot, staleMs };
    if (!serve && !NARROWING.has(action)) return { allowed: false, code: 'snapshot_stale', reason: 'stale', ...about };
    const { allowed, reason, code } = decision;
    return { allowed, reason, code: code ?? 'action_not_allowed', ...about };
  }

  /** Records it, and looks at the lease of all that was `judged` for it once more. */
  private grant(
    caller: Caller,
    trace: RequestTrace,
    question: AccessQuestion,
    { reason = 'granted', statements = [], snapshot, staleMs = 0, attributes = {} }: Granted,
    judged: readonly Judged[],
  ): void {
    const decision = { statements, boundaries: [], missing: [] };
    this.decisions.allow(trace, reason, { ...question, decision, snapshot, staleMs, attributes });
    trace.policyRevision = snapshot?.policyRevision;
    const settings = this.policy.snapshot(caller.tenantId)?.settings;
    if (settings?.auditMode === 'strict') trace.durable = () => this.decisions.durable();
    this.insistOnLease(trace, judged);
  }

  /**
   * A disk that stands still holds up the writing of the record, and with it this thread, as long as it likes: past the
   * lease nothing is done on what was known before it. That is a decision of its own, behind the one that allowed.
   */
  private insistOnLease(trace: RequestTrace, judged: readonly Judged[]): void {
    const late = judged.find(
      ({ action, verdict }) => !NARROWING.has(action) && !this.freshness(verdict.snapshot).serve,
    );
    if (!late) return;
    const { staleMs } = this.freshness(late.verdict.snapshot);
    throw this.refusal(trace, late, { ...late.verdict, code: 'snapshot_stale', reason: 'stale', staleMs });
  }

  private freshness(snapshot: TenantSnapshot | undefined): Freshness {
    return this.feed.freshness(snapshot?.settings?.staleServeSeconds ?? 0);
  }

  private refusal(trace: RequestTrace, { action, resource }: AccessQuestion, verdict: Verdict): AccessRefused {
    const { code, reason, decision, snapshot, staleMs } = verdict;
    trace.policyRevision = snapshot?.policyRevision;
    return this.decisions.refuse(trace, code, reason, {
      action,
      resource,
      snapshot,
      staleMs,
      ...(decision && { decision }),
    });
  }
}

/** Paths of a decision about several things that its record names; a bundle may have thousands. */
const PATHS_RECORDED_MAX = 16;

function pathsOf(questions: readonly AccessQuestion[]): string {
  const paths = questions.slice(0, PATHS_RECORDED_MAX).map(({ resource: { path } }) => path);
  const more = questions.length - paths.length;
  return more > 0 ? `${paths.join(',')} and ${more} more` : paths.join(',');
}

/** Also where it was not allowed by a rule, and yet is granted: what is the caller's own, a list of what it sees. */
function grantedBy(verdict: Verdict): Granted {
  const { allowed, reason, decision } = verdict;
  return { ...verdict, reason: allowed ? reason : 'granted', statements: decision?.statements ?? [] };
}

/** The service cannot decide at all, whatever the rights are. */
function isOwnState({ code }: Verdict): boolean {
  return code === 'not_ready' || code === 'snapshot_stale';
}

function declared(caller: Caller, questions: readonly AccessQuestion[]): RequestTrace {
  const trace = traceIn(caller);
  const undeclared = questions.find(({ action }) => !trace.actions.includes(action));
  if (undeclared) throw new TypeError(`The route does not declare that it requires ${undeclared.action}.`);
  return trace;
}

function traceIn(caller: Caller): RequestTrace {
  const trace = traceOfCaller(caller);
  if (!trace) throw new TypeError('This caller was not made by the guard.');
  return trace;
}
