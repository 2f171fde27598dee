import type { DecisionRecord } from '#libs/contracts';

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
