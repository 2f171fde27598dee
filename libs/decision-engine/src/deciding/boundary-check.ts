import type { CompiledBoundary } from '../boundaries/compiled-boundary.js';
import type { ResourceView } from '../conditions/resource-view.js';
import { NONE } from '../decision.js';
import type { AccessRequest } from '../request.js';
import type { Compiled } from '../snapshot/tenant-snapshot.js';

/** Finds the boundaries of a principal that do not allow a request. One instance per thread, used one at a time. */
export class BoundaryCheck {
  private readonly failed = new Set<string>();
  private action = 0;
  private modelId = 0;
  private request!: AccessRequest;
  private resource!: ResourceView;

  /** Names, sorted; none when all allow. */
  failing(
    compiled: Compiled,
    action: number,
    modelId: number,
    request: AccessRequest,
    resource: ResourceView,
  ): readonly string[] {
    if (this.failed.size > 0) this.failed.clear();
    this.action = action;
    this.modelId = modelId;
    this.request = request;
    this.resource = resource;
    compiled.boundaries.visit(request.principal, this.visit);
    return this.failed.size === 0 ? NONE : [...this.failed].toSorted();
  }

  private readonly visit = (boundaries: readonly CompiledBoundary[]): void => {
    for (let i = 0; i < boundaries.length; i++) {
      const boundary = boundaries[i];
      if (boundary && !boundary.allows(this.action, this.modelId, this.request, this.resource)) {
        this.failed.add(boundary.name);
      }
    }
  };
}
