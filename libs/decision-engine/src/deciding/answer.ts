import type { Conditions } from '../conditions/conditions.js';
import { NONE, type Decision, type DecisionCode, type Reason } from '../decision.js';
import { firstFew } from '../statements/citations.js';

/** Statements that match together or not at all. `cited` is enough of them to cite. */
export type Part = {
  readonly deny: boolean;
  readonly expiresAtMs: number;
  readonly conditions: Conditions;
  readonly cited: readonly string[];
};

/** A boundary that is open in some ways, each under conditions. */
export type Ceiling = { readonly name: string; readonly ways: readonly Conditions[] };

export type CellContent = {
  /** Statements that match whatever the request. */
  readonly deny: readonly string[];
  readonly allow: readonly string[];
  readonly parts: readonly Part[];
  readonly ceilings: readonly Ceiling[];
  /** Boundaries that allow it under no conditions. */
  readonly shut: readonly string[];
};

/** What the owner of a credential may do, whatever the credential is narrowed to, and the decision where nothing narrows it. */
export type Answer = {
  readonly reason: Extract<Reason, 'granted' | 'explicit_deny' | 'boundary' | 'no_matching_rule'>;
  readonly decision: Decision;
};

/** What a refusal says to who is not granted a thing. */
export const ungranted = (type: string): DecisionCode =>
  type === 'model' ? 'model_not_allowed' : 'action_not_allowed';

/**
 * Denies win; then every boundary must allow; then some statement must. `isSet` tells of each part whether it matched,
 * and behind the parts of each ceiling whether it is shut.
 */
export function answerOf(content: CellContent, isSet: (bit: number) => boolean, type: string): Answer {
  const { parts, ceilings, shut } = content;
  const [deny, allow] = [new Set(content.deny), new Set(content.allow)];
  for (const [n, part] of parts.entries()) {
    if (isSet(n)) for (const id of part.cited) (part.deny ? deny : allow).add(id);
  }
  const failing = [...shut, ...ceilings.flatMap(({ name }, n) => (isSet(parts.length + n) ? [name] : []))].toSorted();
  const boundaries = failing.length === 0 ? NONE : Object.freeze(failing);
  if (deny.size > 0) return refusal('explicit_deny', firstFew(deny), boundaries, type);
  if (boundaries.length > 0) return refusal('boundary', NONE, boundaries, type);
  if (allow.size === 0) return refusal('no_matching_rule', NONE, NONE, type);
  const statements = firstFew(allow);
  const rest = { boundaries: NONE, missing: NONE };
  return {
    reason: 'granted',
    decision: Object.freeze({ allowed: true, code: null, reason: 'granted', statements, ...rest }),
  };
}

function refusal(
  reason: Exclude<Answer['reason'], 'granted'>,
  statements: readonly string[],
  boundaries: readonly string[],
  type: string,
): Answer {
  const code = ungranted(type);
  return { reason, decision: Object.freeze({ allowed: false, code, reason, statements, boundaries, missing: NONE }) };
}
