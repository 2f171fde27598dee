import { z } from 'zod';

/** A login in a browser. */
export const ShownSession = z
  .strictObject({
    object: z.literal('session'),
    id: z.string(),
    user: z.string(),
    status: z.enum(['active', 'revoked']),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'Session' });
