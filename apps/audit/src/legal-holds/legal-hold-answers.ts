import { z } from 'zod';

/** A tenant of whose record nothing expires. */
export const ShownLegalHold = z
  .strictObject({
    object: z.literal('legal_hold'),
    tenant: z.string(),
    status: z.enum(['held', 'released']),
    /** `(erased)` once who gave it was erased; null in the answer of a release. */
    reason: z.string().nullable(),
    /** Who set it, or released it, and when. */
    author: z.string(),
    at: z.iso.datetime(),
  })
  .meta({ id: 'LegalHold' });
