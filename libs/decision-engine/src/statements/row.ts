import type { ResourcePattern } from '#libs/policy-language';
import type { Conditions } from '../conditions/conditions.js';
import { evaluateCondition, FALSE, TRUE } from '../conditions/evaluate-condition.js';
import type { ResourceView } from '../conditions/resource-view.js';
import type { AccessRequest } from '../request.js';

/** When a statement matches. Statements with equal terms share one object, and are matched together. */
export type Terms = {
  readonly deny: boolean;
  /** Each list is alternatives; all lists must be met: the statement's own resources and its binding's. */
  readonly reach: readonly (readonly ResourcePattern[])[];
  /** Whose resource alone it can be: a model's own grants do not open another tenant's model of its name. */
  readonly ofTenant: string | undefined;
  readonly conditions: Conditions;
  /** Those of `conditions` that read the resource alone: settled for a model once, not for each request. */
  readonly onResource: Conditions;
  /** The others. */
  readonly onRequest: Conditions;
  /** End of the binding; Infinity for none. */
  readonly expiresAtMs: number;
};

/** One statement as one binding grants it. `id` is `role/statement`. */
export type Row = { readonly id: string; readonly actions: readonly number[]; readonly terms: Terms };

/** Whether the statement is about this resource, apart from its conditions and its end. */
export function reaches({ reach, ofTenant }: Terms, resource: ResourceView): boolean {
  return (ofTenant === undefined || ofTenant === resource.tenant) && reachesPath(reach, resource);
}

/** Whether some pattern of every list names the resource. */
export function reachesPath(reach: Terms['reach'], { type, path }: ResourceView): boolean {
  for (const patterns of reach) {
    if (
      !patterns.some((pattern) => (pattern.type === undefined || pattern.type === type) && pattern.glob.matches(path))
    ) {
      return false;
    }
  }
  return true;
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
