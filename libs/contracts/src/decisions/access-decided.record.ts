import { z } from 'zod';
import { decisionIdentity } from './decision-identity.js';
import { decisionReasons } from './reasons.js';

/** One access decision of any service, allowed or denied: a row of `decisions`. */
export const AccessDecided = z.strictObject({
  type: z.literal('access.decided'),
  ...decisionIdentity,
  ip: z.string(),
  user_agent: z.string().max(256),
  http_method: z.string(),
  /** Without the query, which may hold what must not be kept; a route pattern's parameters are filled in. */
  path: z.string().max(1024),
  action: z.string(),
  resource_type: z.string(),
  resource: z.string(),
  outcome: z.enum(['allow', 'deny']),
  /** What the caller saw; empty when allowed. */
  code: z.string(),
  reason: z.enum(decisionReasons),
  /** `role/statement` ids that determined it. */
  statements: z.array(z.string()),
  applied_rules: z.array(z.string()),
  /** Every other attribute that the decision read, as text. */
  attributes: z.record(z.string(), z.string()),
  identity_position: z.int().min(0),
  engine_version: z.string(),
  http_status: z.int(),
  /** How old the snapshot was beyond its lease; 0 when fresh. */
  stale_ms: z.int().min(0),
  /** How many refusals this record stands for; above 1 only where a flood was folded. */
  count: z.int().min(1),
});
export type AccessDecided = z.output<typeof AccessDecided>;
