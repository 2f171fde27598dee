/**
 * Why a decision fell as it did, as audit stores it: finer than the code that the caller sees, which must not tell an
 * unknown key from a revoked one. A closed list: a new reason is added here first.
 */
export const decisionReasons = [
  // authentication
  'credentials_missing',
  'credentials_ambiguous',
  'key_malformed',
  'key_unknown',
  'key_mac_mismatch',
  'key_revoked',
  'key_superseded',
  'key_expired',
  'key_not_yet_valid',
  'key_idle_expired',
  'key_suspended',
  'key_kind_not_accepted',
  'rotation_overdue',
  'principal_missing',
  'principal_suspended',
  'principal_epoch_mismatch',
  'team_suspended',
  'tenant_suspended',
  'token_invalid',
  'token_expired',
  'token_revoked',
  'issuer_disabled',
  'client_disabled',
  // authorisation
  'granted',
  'operator',
  'no_matching_rule',
  'explicit_deny',
  'boundary',
  'credential_restriction',
  'insufficient_scope',
  'ip_restriction',
  'unknown_model',
  'untagged_resource',
  'other_tenant',
  'resource_unknown',
  'grant_not_held',
  'second_person_required',
  // logins and grants
  'login_failed',
  'login_throttled',
  'consent_refused',
  'client_unauthenticated',
  'oauth_refused',
  'oauth_reuse',
  // invitations
  'invitation_unknown',
  'invitation_ended',
  'invitation_refused',
  // routing, limits
  'downgraded',
  'redirected',
  'fallback',
  'limit',
  'budget',
  'limits_unavailable',
  // the request itself
  'invalid_request',
  'route_unknown',
  'method_unknown',
  'body_too_large',
  // the service's own state
  'stale',
  'not_ready',
  'position_not_reached',
  'audit_unavailable',
  'upstream_credential_missing',
  'circuit_open',
  'internal_error',
] as const;

export type DecisionReason = (typeof decisionReasons)[number];
