import type { RefusalCode } from '#libs/contracts';

/**
 * The one public sentence of each refusal. It depends on the code alone: nothing of the request, the key or the tenant
 * can show in it, and two causes with one code cannot be told apart.
 */
const details: Readonly<Record<RefusalCode, string>> = {
  invalid_json: 'The body is not valid JSON.',
  invalid_request: 'The request does not have the form that this path takes.',
  ambiguous_body: 'The body gives a field in more than one way.',
  missing_model: 'The request names no model.',
  missing_provider_account: 'The model is to be named as <provider account>/<model>.',
  missing_metadata: 'The request lacks metadata that is required here.',
  invalid_metadata: 'The metadata of the request is not valid.',
  ambiguous_credentials: 'The request carries more than one credential.',
  missing_credentials: 'This needs credentials.',
  invalid_api_key: 'The API key is not valid.',
  invalid_token: 'The token is not valid.',
  model_not_allowed: 'These credentials do not allow this model.',
  environment_not_allowed: 'These credentials do not allow the environment of this model.',
  action_not_allowed: 'These credentials do not allow this.',
  untagged_resource: 'What was asked for has no environment, and cannot be used until it has one.',
  insufficient_scope: 'The scope of these credentials does not reach this.',
  ip_not_allowed: 'These credentials do not allow requests from this address.',
  not_found: 'There is nothing here.',
  method_not_allowed: 'This path does not take this method.',
  body_too_large: 'The body is larger than this path accepts.',
  rate_limit_exceeded: 'A rate limit is reached.',
  budget_exceeded: 'A budget is used up.',
  upstream_error: 'The provider failed.',
  upstream_timeout: 'The provider did not answer in time.',
  snapshot_stale: 'What is known of callers and policy here is too old to decide on; try again shortly.',
  not_ready: 'This is not ready to decide yet; try again shortly.',
  audit_unavailable: 'Decisions cannot be recorded at the moment; try again shortly.',
  limits_unavailable: 'Limits cannot be checked at the moment; try again shortly.',
  circuit_open: 'The provider is failing; try again later.',
};

/** The public text of a refusal code. */
export function refusalDetail(code: RefusalCode): string {
  return details[code];
}
