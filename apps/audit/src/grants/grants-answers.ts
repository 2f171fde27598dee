import { z } from 'zod';

/** Statements that principals hold by the policy in force, and that allowed nothing since. */
export const ShownUnusedGrants = z
  .strictObject({
    object: z.literal('unused_grants'),
    since: z.iso.datetime(),
    policy_revision: z.number(),
    data: z.array(
      z.strictObject({
        principal_id: z.string(),
        principal_kind: z.string(),
        /** `<role>/<statement>` */
        statement: z.string(),
      }),
    ),
    truncated: z.boolean(),
  })
  .meta({ id: 'UnusedGrants' });
