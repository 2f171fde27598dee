import type { ResourceView } from '../conditions/resource-view.js';
import { NONE, type Reason } from '../decision.js';
import type { AccessRequest } from '../request.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';
import { BoundaryCheck } from './boundary-check.js';
import { GrantMatcher } from './grant-matcher.js';

/** What the owner of a credential may do, whatever the credential is narrowed to. */
export type OwnerReach = {
  readonly reason: Extract<Reason, 'granted' | 'explicit_deny' | 'boundary' | 'no_matching_rule'>;
  readonly statements: readonly string[];
  readonly boundaries: readonly string[];
};

const matcher = new GrantMatcher();
const boundaryCheck = new BoundaryCheck();

const outOfReach: OwnerReach = Object.freeze({ reason: 'no_matching_rule', statements: NONE, boundaries: NONE });

/** Denies win; then every boundary must allow; then some statement must. */
export function ownerReach(
  { compiled }: TenantSnapshot,
  action: number,
  modelId: number,
  request: AccessRequest,
  resource: ResourceView,
): OwnerReach {
  matcher.match(compiled, action, modelId, request, resource);
  const boundaries = boundaryCheck.failing(compiled, action, modelId, request, resource);
  if (!matcher.denies.isEmpty) return { reason: 'explicit_deny', statements: matcher.denies.cited(), boundaries };
  if (boundaries.length > 0) return { reason: 'boundary', statements: NONE, boundaries };
  if (matcher.allows.isEmpty) return outOfReach;
  return { reason: 'granted', statements: matcher.allows.cited(), boundaries: NONE };
}
