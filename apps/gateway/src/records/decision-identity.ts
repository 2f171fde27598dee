import { callerText } from '#libs/access';
import type { DecisionRecord } from '#libs/contracts';
import type { Known } from '../pipeline/exchange.js';

/** What decision and call carry alike. */
export type DecisionIdentity = Pick<
  DecisionRecord,
  | 'decision_id'
  | 'at'
  | 'request_id'
  | 'service'
  | 'tenant_id'
  | 'principal_kind'
  | 'principal_id'
  | 'key_id'
  | 'auth_method'
  | 'operation'
  | 'requested_model'
  | 'resolved_model'
  | 'provider_account'
  | 'environment'
  | 'metadata'
  | 'policy_revision'
  | 'platform_revision'
>;

const modelCharactersMax = 256;
function pairsOfCaller(pairs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(pairs).map(([key, value]) => [callerText(key), callerText(value)]));
}

const kept = new WeakMap<Known, DecisionIdentity>();

/** Of an allowed call, which is told twice: with its decision, and with its end. Made once. */
export function allowedIdentityOf(known: Known): DecisionIdentity {
  const made = kept.get(known) ?? identityOf(known, true);
  kept.set(known, made);
  return made;
}

/** From all that is known; `model` only where the call is allowed, so that a refusal tells no resolved one. */
export function identityOf(known: Known, isAllowed: boolean): DecisionIdentity {
  const { caller, failure, snapshot, call, route, pathModel } = known;
  const model = isAllowed ? known.model : undefined;
  return {
    decision_id: known.decisionId,
    at: new Date(known.atMs).toISOString(),
    request_id: callerText(known.requestId),
    service: 'gateway',
    tenant_id: caller?.tenantId ?? failure?.tenantId ?? '',
    principal_kind: caller?.principalKind ?? '',
    principal_id: caller?.principalId ?? failure?.principalId ?? '',
    key_id: caller?.keyId ?? failure?.keyId ?? '',
    auth_method: caller?.authMethod ?? '',
    operation: route?.operation ?? '',
    requested_model: callerText(call?.model ?? pathModel ?? '', modelCharactersMax),
    resolved_model: model?.name ?? '',
    provider_account: model?.account ?? '',
    environment: model?.environment ?? '',
    metadata: call ? pairsOfCaller(call.metadata) : {},
    policy_revision: snapshot?.policyRevision ?? 0,
    platform_revision: snapshot?.platformRevision ?? 0,
  };
}
