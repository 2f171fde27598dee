import { callerText } from '#libs/access';
import { advance, type Known } from '../pipeline/exchange.js';
import type { DecisionIdentity } from './told-twice.js';

const modelCharactersMax = 256;
function pairsOfCaller(pairs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(pairs).map(([key, value]) => [callerText(key), callerText(value)]));
}

/** Of an allowed call, which is told twice: with its decision, and with its end. Made once, and kept with the request. */
export function allowedIdentityOf(known: Known): DecisionIdentity {
  return known.identity ?? advance(known, { identity: identityOf(known, true) }).identity;
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
    auth_method: caller?.authMethod ?? (failure?.token ? 'jwt' : ''),
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
