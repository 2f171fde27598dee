import { Labels } from '#libs/contracts';
import { z } from 'zod';

/** An invitation as the API shows one; `email` and `display_name` are null once it has ended. */
export const ShownInvitation = z
  .strictObject({
    object: z.literal('invitation'),
    id: z.string(),
    email: z.string().nullable(),
    display_name: z.string().nullable(),
    teams: z.array(z.string()),
    labels: Labels,
    status: z.enum(['open', 'accepted', 'withdrawn', 'expired']),
    invited_by: z.string(),
    user_id: z.string().nullable(),
    expires_at: z.iso.datetime(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Invitation' });

/** With its token, once: a repetition under an `Idempotency-Key` is without `token`. */
export const InvitationWithToken = z
  .strictObject({ ...ShownInvitation.shape, token: z.string().optional() })
  .meta({ id: 'InvitationWithToken' });
