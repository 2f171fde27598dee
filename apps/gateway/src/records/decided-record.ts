import { callerAttributes, callerText, tokenAttributes } from '#libs/access';
import type { AccessDecided } from '#libs/contracts';
import { ENGINE_VERSION } from '#libs/decision-engine';
import type { Known } from '../pipeline/exchange.js';
import { identityOf, pairsOfCaller, type DecisionIdentity } from './decision-identity.js';

export type Verdict = {
  readonly outcome: AccessDecided['outcome'];
  /** What the caller sees; empty when allowed. */
  readonly code: string;
  readonly reason: AccessDecided['reason'];
  readonly httpStatus: number;
  readonly identityPosition: number;
};
export type DecidedRecord = Omit<AccessDecided, 'replica' | 'boot' | 'seq'>;

const pathCharactersMax = 1_024;

/** What a decision says beside its identity. */
type Facts = Omit<DecidedRecord, 'type' | keyof DecisionIdentity>;
/** What of it each request has of its own. */
export type OwnFacts = Pick<Facts, 'ip' | 'user_agent' | 'identity_position' | 'stale_ms'>;

/** One `access.decided`, from whatever is known where the pipeline stands. */
export function decidedRecord(known: Known, verdict: Verdict): DecidedRecord {
  return {
    type: 'access.decided',
    ...identityOf(known, verdict.outcome === 'allow'),
    ...ownFactsOf(known, verdict),
    ...sharedFactsOf(known, verdict),
  };
}

export function ownFactsOf({ ip, userAgent, staleMs }: Known, { identityPosition }: Verdict): OwnFacts {
  return {
    ip,
    user_agent: callerText(userAgent),
    identity_position: identityPosition,
    stale_ms: staleMs ?? 0,
  };
}

/** The same for all requests that have the same identity, verdict and citations. */
export function sharedFactsOf(known: Known, verdict: Verdict): Omit<Facts, keyof OwnFacts> {
  const { request, route, decision, caller, failure, led, prompt, limitRules = [] } = known;
  return {
    http_method: request.method ?? '',
    path: callerText(known.path ?? pathOf(request.url ?? ''), pathCharactersMax),
    action: route?.action ?? '',
    resource_type: route ? 'model' : '',
    resource: route ? callerText(led?.target ?? known.call?.model ?? known.pathModel ?? '*') : '',
    outcome: verdict.outcome,
    code: verdict.code,
    reason: verdict.reason,
    statements: [...(decision?.statements ?? [])],
    applied_rules: [
      ...((caller ?? failure)?.appliedRules ?? []),
      ...(led?.rules ?? []),
      ...(prompt === undefined ? [] : [prompt]),
      ...limitRules,
      ...(decision?.boundaries ?? []),
    ],
    attributes: attributesOf(known),
    engine_version: ENGINE_VERSION,
    http_status: verdict.httpStatus,
    count: 1,
  };
}

/** Of the caller, and what it said of the call where a label says something else: `metadata.overruled.<key>`. */
function attributesOf({ caller, failure, overruled }: Known): Facts['attributes'] {
  if (!caller) return tokenAttributes(failure?.token);
  if (!overruled) return callerAttributes(caller);
  const said = Object.entries(pairsOfCaller(overruled)).map(([key, value]) => [`metadata.overruled.${key}`, value]);
  return { ...callerAttributes(caller), ...Object.fromEntries(said) };
}

/** Without the query, in which people put what must not be kept. */
function pathOf(target: string): string {
  return target.split(/[?#]/u, 1)[0] ?? '';
}
