import { z } from 'zod';

/** Something about a key or an account that somebody should look at. Times without use are to the minute. */
export const ShownFinding = z
  .strictObject({
    object: z.literal('finding'),
    finding_id: z.string(),
    tenant_id: z.string(),
    kind: z.enum([
      'key-stale',
      'key-unused',
      'rotation-failing',
      'rotation-overdue',
      'model-untagged',
      'document-untagged',
      'model-open',
      'limit-reached',
      'account-ownerless',
      'grant-unused',
    ]),
    at: z.string(),
    owner_id: z.string(),
    key_id: z.string(),
    virtual_account_id: z.string(),
    unused_since: z.string().nullable(),
    last_used_at: z.string().nullable(),
    rule: z.string(),
    sink: z.string(),
    model: z.string(),
    document: z.string(),
    due_at: z.string().nullable(),
    /** Of a limit: whose counter, the part that is used up, both amounts as of the finding, and the window. */
    per: z.record(z.string(), z.string()),
    percent: z.int(),
    used: z.string(),
    of_limit: z.string(),
    window_start: z.string().nullable(),
    window_end: z.string().nullable(),
    status: z.enum(['open', 'resolved']),
    resolved_at: z.string().nullable(),
  })
  .meta({ id: 'Finding' });
