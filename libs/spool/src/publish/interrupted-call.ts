import type { AccessDecided, CallCompleted } from '#libs/contracts';

/** Columns that the end of a call repeats from its decision. */
const REPEATED = [
  'decision_id',
  'at',
  'request_id',
  'service',
  'tenant_id',
  'principal_kind',
  'principal_id',
  'key_id',
  'auth_method',
  'operation',
  'requested_model',
  'resolved_model',
  'provider_account',
  'environment',
  'metadata',
  'policy_revision',
  'platform_revision',
] as const satisfies readonly (keyof AccessDecided & keyof CallCompleted)[];

/**
 * The end of an allowed call whose replica died before it: interrupted, and without usage, as nobody is left who saw
 * it. `undefined` for a payload that is no decision.
 */
export function interruptedCall(payload: Buffer): Omit<CallCompleted, 'replica' | 'boot' | 'seq'> | undefined {
  let decided: AccessDecided;
  try {
    decided = JSON.parse(payload.toString()) as AccessDecided;
  } catch {
    return undefined;
  }
  const repeated = Object.fromEntries(REPEATED.map((name) => [name, decided[name]]));
  return {
    type: 'call.completed',
    ...(repeated as Pick<AccessDecided, (typeof REPEATED)[number]>),
    stream: false,
    provider_name: '',
    response_model: '',
    input_tokens: 0,
    cached_input_tokens: 0,
    output_tokens: 0,
    reasoning_tokens: 0,
    cost: '0',
    currency: '',
    usage_source: 'none',
    latency_ms: 0,
    time_to_first_token_ms: 0,
    http_status: 0,
    source: 'gateway',
    outcome: 'interrupted',
    error_type: 'replica_stopped',
    error_message: '',
    finish_reason: '',
  };
}
