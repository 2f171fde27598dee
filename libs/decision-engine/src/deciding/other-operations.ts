import { operations } from '#libs/policy-language';
import type { CatalogueModel } from '../catalogue/catalogue.js';
import type { AccessRequest } from '../request.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';
import { ownerReach } from './owner-reach.js';

/**
 * Whether the owner reaches the model by some other operation: only then may a refusal say that it was the operation
 * and not the model. Asked of refusals alone, and only where some document reads the operation at all.
 */
export function isOpenByAnotherOperation(
  snapshot: TenantSnapshot,
  action: number,
  model: CatalogueModel,
  request: AccessRequest,
): boolean {
  if (!snapshot.compiled.readsOperation) return false;
  return operations.some((operation) => {
    if (operation === request.request.operation) return false;
    const other = { ...request, request: { ...request.request, operation } };
    return ownerReach(snapshot, action, model, other, model).reason === 'granted';
  });
}
