import { KeyRestrictions, Labels } from '#libs/contracts';
import { z } from 'zod';

/** Who is asking, by what, and what that is narrowed to. */
export const ShownMe = z
  .strictObject({
    object: z.literal('me'),
    id: z.string(),
    kind: z.enum(['user', 'virtual-account', 'operator']),
    tenant: z.string(),
    /** A user's; null for others. */
    email: z.string().nullable(),
    /** A virtual account's; null for others. */
    name: z.string().nullable(),
    teams: z.array(z.string()),
    labels: Labels,
    credential: z.strictObject({
      /** Of the key, or the one that the token was exchanged for; null for other tokens. */
      id: z.string().nullable(),
      kind: z.enum(['pat', 'vak', 'svc', 'token']),
      auth_method: z.enum(['api_key', 'jwt']),
      issued_at: z.iso.datetime(),
      /** Null where it has no end that is known here. */
      expires_at: z.iso.datetime().nullable(),
      /** Empty: nothing is narrowed. */
      restrictions: KeyRestrictions,
      /** A token's; null: its owner's actions. */
      scopes: z.array(z.string()).nullable(),
      labels: Labels,
    }),
  })
  .meta({ id: 'Me' });

/** One thing that the credential may be used for now. The path `*` stands for what no document describes. */
export const ShownOwnAbility = z
  .strictObject({
    object: z.literal('ability'),
    action: z.string(),
    resource: z.string(),
    /** Only with what is the caller's own. */
    own_only: z.boolean(),
  })
  .meta({ id: 'OwnAbility' });
