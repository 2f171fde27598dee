import { z } from 'zod';
import { decisionIdentity } from './decision-identity.js';

const Tokens = z.int().min(0).max(1_000_000_000_000);

/** The end of one allowed call: a row of `calls`. Names follow OpenTelemetry's GenAI attributes where one exists. */
export const CallCompleted = z.strictObject({
  type: z.literal('call.completed'),
  ...decisionIdentity,
  stream: z.boolean(),
  /** `gen_ai.provider.name`. */
  provider_name: z.string(),
  /** `gen_ai.response.model`: what the upstream called itself. */
  response_model: z.string().max(256),
  /** `gen_ai.usage.input_tokens`, cached ones included. */
  input_tokens: Tokens,
  cached_input_tokens: Tokens,
  /** `gen_ai.usage.output_tokens`, reasoning included. */
  output_tokens: Tokens,
  reasoning_tokens: Tokens,
  /** Exact decimal text in the currency of the model's cost, at most 12 digits after the point. */
  cost: z.string().regex(/^\d{1,20}(\.\d{1,12})?$/),
  currency: z.string(),
  usage_source: z.enum(['upstream', 'estimated', 'none']),
  /** Whole call, request to last byte. */
  latency_ms: z.number().min(0),
  /** Request to first byte of the answer; 0 when there was none. */
  time_to_first_token_ms: z.number().min(0),
  http_status: z.int(),
  /** Who answered: the upstream, or the gateway in its place. */
  source: z.enum(['gateway', 'upstream']),
  outcome: z.enum(['completed', 'failed', 'interrupted', 'cancelled']),
  /** `error.type`. */
  error_type: z.string(),
  /** Redacted. */
  error_message: z.string().max(512),
  finish_reason: z.string(),
});
export type CallCompleted = z.output<typeof CallCompleted>;
