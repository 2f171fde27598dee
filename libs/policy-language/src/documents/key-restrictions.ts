import { z } from 'zod';
import { operations } from '../vocabulary/closed-lists.js';
import { listOf, Texts } from './lists.js';
import { AllowStatement } from './statement.js';

/**
 * What a key may do less than its owner. Each present list narrows, an absent one leaves the owner's reach as it is.
 * `models` and `accounts` are globs (`local/*`, `local`); `statements` is the general form of the same.
 */
export const KeyRestrictions = z.strictObject({
  models: Texts.optional(),
  accounts: Texts.optional(),
  environments: Texts.optional(),
  operations: listOf(z.enum(operations)).optional(),
  cidrs: Texts.optional(),
  statements: listOf(AllowStatement, 50).optional(),
});
export type KeyRestrictions = z.output<typeof KeyRestrictions>;
