import { Labels } from '#libs/contracts';
import { z } from 'zod';

/** A tenant as the API shows one. */
export const ShownTenant = z
  .strictObject({
    object: z.literal('tenant'),
    id: z.string(),
    name: z.string(),
    display_name: z.string(),
    /** Metadata of every call of the tenant's, whatever the call says. */
    labels: Labels,
    /** `onboarding`: it is there, as a whole or not at all, once policy has confirmed its part. */
    status: z.enum(['onboarding', 'active', 'suspended', 'deleted']),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Tenant' });
