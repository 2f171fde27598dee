import { z } from 'zod';

/** Names that people choose for tenants, teams and virtual accounts; they stand in policy documents and topic keys. */
export const Slug = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'lower-case letters, digits and inner dashes, 63 at most');

/** The tenant of operators and of documents that hold everywhere. No one else can take the name. */
export const PLATFORM_TENANT = 'platform';

/** Labels of principals and keys: 32 pairs at most. Values take part in conditions as `*.labels.<key>`. */
export const Labels = z
  .record(z.string().regex(/^[A-Za-z0-9_.-]{1,63}$/), z.string().max(128))
  .refine((labels) => Object.keys(labels).length <= 32, 'at most 32 labels');
export type Labels = z.output<typeof Labels>;
