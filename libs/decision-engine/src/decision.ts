import type { DecisionReason as AnyReason, RefusalCode } from '#libs/contracts';

/** Why, as audit stores it. */
export type Reason = Extract<
  AnyReason,
  | 'granted'
  | 'operator'
  | 'no_matching_rule'
  | 'explicit_deny'
  | 'boundary'
  | 'credential_restriction'
  | 'insufficient_scope'
  | 'ip_restriction'
  | 'unknown_model'
  | 'untagged_resource'
  | 'other_tenant'
>;

/** What the caller sees. It tells an ungranted model from an unknown one no more than a wrong name from a right one. */
export type DecisionCode = Extract<
  RefusalCode,
  | 'model_not_allowed'
  | 'environment_not_allowed'
  | 'action_not_allowed'
  | 'untagged_resource'
  | 'insufficient_scope'
  | 'ip_not_allowed'
>;

/** The answer to one question. Immutable; lists may be shared between answers. */
export type Decision = {
  readonly allowed: boolean;
  /** Null when allowed. */
  readonly code: DecisionCode | null;
  readonly reason: Reason;
  /** `role/statement` of what decided: the allows of a granted request, the denies of a denied one; sorted. */
  readonly statements: readonly string[];
  /** Boundaries that refused; sorted. */
  readonly boundaries: readonly string[];
  /**
   * Attributes that conditions asked for and the request did not have; sorted. Told of refusals only, and not of a
   * model's own attributes, which the catalogue shows.
   */
  readonly missing: readonly string[];
};

/** At most this many statements are cited: the first in their order. */
export const STATEMENTS_CITED_MAX = 8;

/** An empty list that every answer may share. */
export const NONE: readonly string[] = Object.freeze([]);
