import type { CatalogueModel } from '../catalogue/catalogue.js';
import { forgetMissing } from '../conditions/evaluate-condition.js';
import type { ResourceView } from '../conditions/resource-view.js';
import type { AccessRequest } from '../request.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';
import type { Answer } from './answer.js';

/** What the owner of a credential may do; afterwards `missingAttributes` tells what was asked for and missing. */
export function ownerReach(
  { compiled }: TenantSnapshot,
  action: number,
  model: CatalogueModel | undefined,
  request: AccessRequest,
  resource: ResourceView,
): Answer {
  const cell = compiled.memory.cell(action, request.principal, model, resource);
  // What was missing when a cell was put together is of the model, and told to nobody.
  forgetMissing();
  return cell.answer(request, resource);
}
