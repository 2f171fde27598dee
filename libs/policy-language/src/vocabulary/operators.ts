import type { AttributeType } from './attributes.js';

/** Which attribute types an operator takes on its left, and with which types `{ref: …}` may stand on its right. */
type Operands = { readonly left: readonly AttributeType[]; readonly ref: readonly AttributeType[] };

/** Every condition operator. There is no expression language: a closed set can be compiled, compared and translated. */
export const operators = {
  eq: { left: ['string', 'number'], ref: ['string', 'number'] },
  ne: { left: ['string', 'number'], ref: ['string', 'number'] },
  in: { left: ['string'], ref: ['strings'] },
  notIn: { left: ['string'], ref: ['strings'] },
  exists: { left: ['string', 'strings', 'number', 'address', 'instant'], ref: [] },
  glob: { left: ['string'], ref: [] },
  cidr: { left: ['address'], ref: [] },
  lt: { left: ['number'], ref: ['number'] },
  lte: { left: ['number'], ref: ['number'] },
  gt: { left: ['number'], ref: ['number'] },
  gte: { left: ['number'], ref: ['number'] },
  before: { left: ['instant'], ref: [] },
  after: { left: ['instant'], ref: [] },
  anyOf: { left: ['strings'], ref: ['strings'] },
  allOf: { left: ['strings'], ref: ['strings'] },
} as const satisfies Record<string, Operands>;

/** The name of a condition operator. */
export type Operator = keyof typeof operators;

/** All operators, in the order of their declaration. */
export const operatorNames = Object.keys(operators) as readonly Operator[];
