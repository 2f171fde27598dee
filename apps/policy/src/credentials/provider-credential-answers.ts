import { z } from 'zod';

/** That a credential was set, for which origin and as which version: never the credential. */
export const ShownProviderCredential = z
  .strictObject({
    object: z.literal('provider_credential'),
    account: z.string(),
    tenant: z.string(),
    version: z.int(),
    origin: z.string(),
    propagation: z.enum(['published', 'pending']),
  })
  .meta({ id: 'ProviderCredential' });
