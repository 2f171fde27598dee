import { Labels } from '#libs/contracts';
import { z } from 'zod';

/** A user as the API shows one; `email` and `display_name` are null once they were erased. */
export const ShownUser = z
  .strictObject({
    object: z.literal('user'),
    id: z.string(),
    email: z.string().nullable(),
    display_name: z.string().nullable(),
    labels: Labels,
    status: z.enum(['active', 'suspended', 'deactivated']),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'User' });
