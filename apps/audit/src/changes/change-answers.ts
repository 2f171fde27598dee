import { z } from 'zod';

/** Personal data as it stands in the event: sealed, for whoever holds the key of its subject. */
const Sealed = z.looseObject({ subjectId: z.string(), box: z.string() }).nullable();
const State = z.record(z.string(), z.unknown()).nullable();

/** A row of `changes`, every column under its name; null for what did not exist, or does not any more. */
export const ShownChange = z
  .looseObject({
    object: z.literal('change'),
    change_id: z.string(),
    at: z.string(),
    service: z.string(),
    type: z.string(),
    tenant_id: z.string(),
    resource_type: z.string(),
    resource: z.string(),
    before: State,
    after: State,
    reason: Sealed,
    free_text: Sealed,
    actor: z.string(),
    request_id: z.string(),
    decision_id: z.string(),
    policy_revision: z.int(),
  })
  .meta({ id: 'Change' });
