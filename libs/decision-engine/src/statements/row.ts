import type { ResourcePattern } from '#libs/policy-language';
import type { ModelSelector } from '../catalogue/model-selector.js';
import type { Conditions } from '../conditions/conditions.js';
import { evaluateCondition, FALSE, TRUE } from '../conditions/evaluate-condition.js';
import type { ResourceView } from '../conditions/resource-view.js';
import type { AccessRequest } from '../request.js';

/**
 * One statement as one binding grants it. For models, patterns and conditions on the resource alone are settled in
 * `models`, and only what depends on the request is left in `onModels`; other resources are looked at as they come.
 */
export type Row = {
  /** `role/statement`. */
  readonly id: string;
  /** `[id]`, ready to be an answer's citation. */
  readonly cited: readonly string[];
  readonly deny: boolean;
  readonly actions: readonly number[];
  readonly models: ModelSelector;
  readonly onModels: Conditions;
  /** Each list is alternatives; all lists must be met: the statement's own resources and its binding's. */
  readonly reach: readonly (readonly ResourcePattern[])[];
  readonly conditions: Conditions;
  /** End of the binding; Infinity for none. */
  readonly expiresAtMs: number;
};

/** No model of the catalogue: another type of resource. */
export const NO_MODEL = -1;

/** Whether the row decides about this resource, apart from its conditions and its expiry. */
export function reaches(row: Row, modelId: number, resource: ResourceView): boolean {
  return modelId === NO_MODEL ? reachesPath(row.reach, resource) : row.models.has(modelId);
}

/** Whether some pattern of every list names the resource. */
export function reachesPath(reach: Row['reach'], { type, path }: ResourceView): boolean {
  for (const patterns of reach) {
    if (
      !patterns.some((pattern) => (pattern.type === undefined || pattern.type === type) && pattern.glob.matches(path))
    ) {
      return false;
    }
  }
  return true;
}

/** Whether the row's conditions let it match, and its binding has not ended. */
export function applies(row: Row, modelId: number, request: AccessRequest, resource: ResourceView): boolean {
  return holds(row, modelId === NO_MODEL ? row.conditions : row.onModels, request, resource);
}

/** The same for conditions apart from their row. */
export function holds(
  { deny, expiresAtMs }: Pick<Row, 'deny' | 'expiresAtMs'>,
  conditions: Conditions,
  request: AccessRequest,
  resource: ResourceView,
): boolean {
  if (expiresAtMs <= request.request.timeMs) return false;
  return deny ? denies(conditions, request, resource) : allows(conditions, request, resource);
}

/** An allow needs every condition to be told: what is missing fails it. */
export function allows({ when, unless }: Conditions, request: AccessRequest, resource: ResourceView): boolean {
  for (let i = 0; i < when.length; i++) {
    const condition = when[i];
    if (condition && evaluateCondition(condition, request, resource) !== TRUE) return false;
  }
  for (let i = 0; i < unless.length; i++) {
    const condition = unless[i];
    if (condition && evaluateCondition(condition, request, resource) !== FALSE) return false;
  }
  return true;
}

/** A deny matches unless a condition surely keeps it from matching: what is missing does not. */
export function denies({ when, unless }: Conditions, request: AccessRequest, resource: ResourceView): boolean {
  for (let i = 0; i < when.length; i++) {
    const condition = when[i];
    if (condition && evaluateCondition(condition, request, resource) === FALSE) return false;
  }
  for (let i = 0; i < unless.length; i++) {
    const condition = unless[i];
    if (condition && evaluateCondition(condition, request, resource) === TRUE) return false;
  }
  return true;
}
