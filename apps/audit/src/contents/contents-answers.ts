import { z } from 'zod';

const ShownPiece = z.strictObject({
  /** As it was named; '' where it was not. */
  content_type: z.string(),
  /** Of the whole, whatever of it is kept. */
  bytes: z.int(),
  /** Why nothing of it is kept: `media` for files, pictures and sounds, or `compressed`. */
  omitted: z.enum(['media', 'compressed']).nullable(),
  truncated: z.boolean(),
  /** Its first bytes: as text, where they are UTF-8; null elsewhere, and then `base64` has them. */
  text: z.string().nullable(),
  base64: z.string().nullable(),
});

/** What is kept of a call. `answer` is null where none began. */
export const ShownContents = z
  .strictObject({
    object: z.literal('decision_contents'),
    decision_id: z.string(),
    tenant_id: z.string(),
    principal_id: z.string(),
    at: z.string(),
    key_id: z.string(),
    truncated: z.boolean(),
    request: ShownPiece,
    answer: ShownPiece.nullable(),
  })
  .meta({ id: 'DecisionContents' });

/** A pair of keys that prompts and answers are kept under; its private half is never shown. */
export const ShownContentKey = z
  .strictObject({
    object: z.literal('content_key'),
    id: z.string(),
    tenant_id: z.string(),
    /** `former`: nothing is written for it any more, and what was can be read. */
    status: z.enum(['current', 'former']),
    created_at: z.string(),
    superseded_at: z.string().nullable(),
  })
  .meta({ id: 'ContentKey' });
