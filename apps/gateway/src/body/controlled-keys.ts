/**
 * Top-level keys of a body that the gateway, a policy or a bill depends on. Each may come once, in plain spelling:
 * what was authorised is what the upstream reads.
 */
export const controlledKeys: ReadonlySet<string> = new Set([
  'model',
  'models',
  'fallbacks',
  'stream',
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
  'service_tier',
  'modalities',
]);

/** They name further models, and some upstreams would call those: not what was authorised. */
export const furtherModelKeys = ['models', 'fallbacks'] as const;
