import { z } from 'zod';

/**
 * Columns that `decisions` and `calls` both carry, so that usage needs no join. Names are those of the ClickHouse
 * columns: a mapping that does not exist cannot be wrong. Empty string means "none" throughout, as the columns are not
 * nullable.
 */
export const decisionIdentity = {
  /** UUIDv7, what the answer carried as `gatehouse-decision-id`. */
  decision_id: z.uuid(),
  /** Of the request; RFC 3339, UTC, milliseconds. */
  at: z.iso.datetime(),
  request_id: z.string().max(128),
  service: z.enum(['gateway', 'identity', 'policy', 'audit']),
  /** Empty where no credential was verified and the key is unknown; those rows are the operator's. */
  tenant_id: z.string(),
  principal_kind: z.enum(['', 'user', 'virtual-account', 'operator']),
  principal_id: z.string(),
  key_id: z.string(),
  auth_method: z.enum(['', 'api_key', 'jwt', 'session', 'internal']),
  operation: z.string(),
  requested_model: z.string().max(256),
  /** What the caller was given: the model after routes and downgrades; empty when refused. */
  resolved_model: z.string(),
  provider_account: z.string(),
  environment: z.string(),
  metadata: z.record(z.string(), z.string()),
  policy_revision: z.int().min(0),
  platform_revision: z.int().min(0),
  /** Who wrote it: unique over all services, e.g. `gateway-1`. */
  replica: z.string().min(1),
  /** One spool file: process start, thread, lane. */
  boot: z.string().min(1),
  /** Dense from 1 per (replica, boot, topic partition). */
  seq: z.int().min(1),
};
