import { NONE, STATEMENTS_CITED_MAX } from '../decision.js';

/** Sorted, and no more than an answer cites. */
export const firstFew = (ids: ReadonlySet<string>): readonly string[] =>
  ids.size === 0 ? NONE : Object.freeze([...ids].toSorted().slice(0, STATEMENTS_CITED_MAX));
