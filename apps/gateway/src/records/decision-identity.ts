import { callerText } from '#libs/access';
import type { DecisionRecord } from '#libs/contracts';
import { NO_METADATA, type Metadata } from '../metadata/pairs.js';
import type { Known } from '../pipeline/exchange.js';
import { timeText } from './time-text.js';

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
/** What of it each request has of its own. */
export type OwnIdentity = Pick<DecisionIdentity, 'decision_id' | 'at' | 'request_id' | 'metadata'>;

const modelCharactersMax = 256;

/** From all that is known; `model` only where the call is allowed, so that a refusal tells no resolved one. */
export function identityOf(known: Known, isAllowed: boolean): DecisionIdentity {
  return { ...ownIdentityOf(known), ...sharedIdentityOf(known, isAllowed) };
}

export function ownIdentityOf({ decisionId, atMs, requestId, metadata = NO_METADATA }: Known): OwnIdentity {
  return {
    decision_id: decisionId,
    at: timeText(atMs),
    request_id: callerText(requestId),
    metadata: pairsOfCaller(metadata),
  };
}

/** The same for all requests of one caller to one model by one route, as long as no revision comes. */
export function sharedIdentityOf(known: Known, isAllowed: boolean): Omit<DecisionIdentity, keyof OwnIdentity> {
  const { caller, failure, snapshot, call, route, pathModel } = known;
  const model = isAllowed ? known.model : undefined;
  return {
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
    policy_revision: snapshot?.policyRevision ?? 0,
    platform_revision: snapshot?.platformRevision ?? 0,
  };
}

/** As they may stand in a record. */
export function pairsOfCaller(pairs: Metadata): Record<string, string> {
  if (pairs === NO_METADATA) return {};
  return Object.fromEntries(Object.entries(pairs).map(([key, value]) => [callerText(key), callerText(value)]));
}
