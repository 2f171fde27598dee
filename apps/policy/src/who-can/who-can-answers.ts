import { z } from 'zod';

/** One thing that somebody may do. */
export const ShownAbility = z
  .strictObject({
    object: z.literal('ability'),
    action: z.string(),
    resource: z.string(),
    /** Only of what is the principal's own. */
    own_only: z.boolean(),
    statements: z.array(z.string()),
  })
  .meta({ id: 'Ability' });

/** Somebody who may do what was asked about. */
export const ShownHolder = z
  .strictObject({
    object: z.literal('holder'),
    subject: z.string(),
    principal: z.string(),
    statements: z.array(z.string()),
  })
  .meta({ id: 'Holder' });
