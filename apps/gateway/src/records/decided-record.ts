import { callerAttributes, callerText, tokenAttributes } from '#libs/access';
import type { AccessDecided } from '#libs/contracts';
import { ENGINE_VERSION } from '#libs/decision-engine';
import type { Known } from '../pipeline/exchange.js';
import { allowedIdentityOf, identityOf } from './decision-identity.js';

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

/** One `access.decided`, from whatever is known where the pipeline stands. */
export function decidedRecord(known: Known, verdict: Verdict): DecidedRecord {
  const { request, route, decision, caller, failure } = known;
  return {
    type: 'access.decided',
    ...(verdict.outcome === 'allow' ? allowedIdentityOf(known) : identityOf(known, false)),
    ip: known.ip,
    user_agent: callerText(known.userAgent),
    http_method: request.method ?? '',
    path: callerText(known.path ?? pathOf(request.url ?? ''), pathCharactersMax),
    action: route?.action ?? '',
    resource_type: route ? 'model' : '',
    resource: route ? callerText(known.call?.model ?? known.pathModel ?? '*') : '',
    outcome: verdict.outcome,
    code: verdict.code,
    reason: verdict.reason,
    statements: [...(decision?.statements ?? [])],
    applied_rules: [...((caller ?? failure)?.appliedRules ?? []), ...(decision?.boundaries ?? [])],
    attributes: caller ? callerAttributes(caller) : tokenAttributes(failure?.token),
    identity_position: verdict.identityPosition,
    engine_version: ENGINE_VERSION,
    http_status: verdict.httpStatus,
    stale_ms: known.staleMs ?? 0,
    count: 1,
  };
}

/** Without the query, in which people put what must not be kept. */
function pathOf(target: string): string {
  return target.split(/[?#]/u, 1)[0] ?? '';
}
