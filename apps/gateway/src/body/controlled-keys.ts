import { badRequest, type Refusal } from '../refusals/refusal.js';

/**
 * Top-level keys of a body that the gateway, a policy or a bill depends on. Each may come once, in plain spelling:
 * what was authorised is what the upstream reads.
 */
export const controlledKeys: ReadonlySet<string> = new Set([
  'model',
  'models',
  'fallbacks',
  'stream',
  'stream_format',
  'stream_options',
  'metadata',
  'user',
  'safety_identifier',
  'messages',
  'input',
  'prompt',
  'system',
  'instructions',
  'tools',
  'tool_choice',
  'functions',
  'function_call',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'n',
  'best_of',
  'store',
  'background',
  'previous_response_id',
  'conversation',
  'container',
  'service_tier',
  'modalities',
]);

const furtherModelKeys = ['models', 'fallbacks'] as const;

/** What names further models, and some upstreams would call those: not what was authorised. */
export function refuseFurtherModels(fields: ReadonlyMap<string, unknown>): Refusal | undefined {
  const further = furtherModelKeys.find((key) => fields.has(key));
  return further && badRequest('invalid_request', `'${further}' may not be sent: a call names one model.`, further);
}
