import { z } from 'zod';
import { operatorNames, type Operator } from '../vocabulary/operators.js';
import { Texts } from './lists.js';

/** Compares with another attribute instead of a value. */
const Reference = z.strictObject({ ref: z.string() });
const Text = z.string().max(500);

const Comparable = z.union([Text, z.number(), Reference], {
  error: 'Expected a text, a number or {ref: <attribute>}; put other values in quotes.',
});
const Numeric = z.union([z.number(), Reference], { error: 'Expected a number or {ref: <attribute>}.' });
const Several = z.union([Texts, Reference], { error: 'Expected a list of texts, not empty, or {ref: <attribute>}.' });
const Networks = z.union([Text, Texts], { error: 'Expected a network such as "10.0.0.0/8", or a list of them.' });
const Instant = z.iso.datetime({ offset: true, error: 'Expected a point in time such as 2026-12-31T00:00:00Z.' });

/**
 * One test of one attribute: `{attr: resource.tags.env, in: [staging]}`. Exactly one operator; which operator takes
 * which attribute is a matter of the lint, so that all mistakes of a document come at once.
 */
export const Condition = z
  .strictObject({
    attr: z.string(),
    eq: Comparable.optional(),
    ne: Comparable.optional(),
    in: Several.optional(),
    notIn: Several.optional(),
    exists: z.boolean().optional(),
    glob: Text.optional(),
    cidr: Networks.optional(),
    lt: Numeric.optional(),
    lte: Numeric.optional(),
    gt: Numeric.optional(),
    gte: Numeric.optional(),
    before: Instant.optional(),
    after: Instant.optional(),
    anyOf: Several.optional(),
    allOf: Several.optional(),
  })
  .refine((condition) => operatorNames.filter((name) => condition[name] !== undefined).length === 1, {
    error: `Exactly one operator of ${operatorNames.join(', ')} is expected.`,
    // A misspelt operator is one mistake, and so is what is no condition at all: neither is told twice.
    when: ({ issues }) => issues.every(({ path = [] }) => path.length > 0),
  });
export type Condition = z.output<typeof Condition>;

/** What stands on the right of an operator. */
export type Operand = string | number | boolean | readonly string[] | { readonly ref: string };

/** The operator of a condition and what it compares with. */
export function operatorOf(condition: Condition): { operator: Operator; operand: Operand } {
  for (const operator of operatorNames) {
    const operand = condition[operator];
    if (operand !== undefined) return { operator, operand };
  }
  throw new TypeError(`The condition on ${condition.attr} has no operator.`);
}

/** Whether an operand is `{ref: …}`. */
export const isReference = (operand: Operand): operand is { readonly ref: string } =>
  typeof operand === 'object' && 'ref' in operand;
