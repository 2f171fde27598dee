import { z } from 'zod';

const Names = z.array(z.string().min(1).max(200)).min(1).max(100);

/**
 * What a key may do less than its owner. Each present list narrows; an absent one leaves the owner's reach as it is;
 * an empty one cannot be written. `models` and `accounts` are globs as in policy resources. `statements` are of the policy
 * language's form; one that a reader cannot read permits nothing.
 */
export const KeyRestrictions = z.strictObject({
  models: Names.optional(),
  accounts: Names.optional(),
  environments: Names.optional(),
  operations: Names.optional(),
  cidrs: Names.optional(),
  statements: z.array(z.record(z.string(), z.unknown())).min(1).max(50).optional(),
});
export type KeyRestrictions = z.output<typeof KeyRestrictions>;
