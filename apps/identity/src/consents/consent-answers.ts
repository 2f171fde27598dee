import { z } from 'zod';

/** What a user lets a client do. */
export const ShownConsent = z
  .strictObject({
    object: z.literal('consent'),
    id: z.string(),
    user: z.string(),
    client: z.string(),
    status: z.enum(['active', 'withdrawn']),
    scopes: z.array(z.string()),
    resources: z.array(z.strictObject({ resource: z.string(), scopes: z.array(z.string()) })),
    authorization_details: z.array(z.record(z.string(), z.unknown())),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'Consent' });
