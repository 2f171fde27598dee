import { evaluateCondition, UNTOLD } from '../conditions/evaluate-condition.js';
import type { ResourceView } from '../conditions/resource-view.js';
import { NONE } from '../decision.js';
import type { AccessRequest } from '../request.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';
import { reachesPath, type Row } from '../statements/row.js';
import type { RowSet } from '../statements/row-set.js';

/** Rows looked at for one refusal: enough to help, and no way to make refusals costly. */
const ROWS_EXAMINED_MAX = 64;

/** Attributes that the principal's statements, or boundaries that failed, asked for and the request lacks; sorted. */
export function missingAttributes(
  { compiled }: TenantSnapshot,
  action: number,
  modelId: number,
  request: AccessRequest,
  resource: ResourceView,
  failedBoundaries: readonly string[],
): readonly string[] {
  const missing = new Set<string>();
  let left = ROWS_EXAMINED_MAX;
  const examine = (row: Row) => {
    if (left <= 0 || !reachesPath(row.reach, resource)) return;
    left--;
    for (const condition of [...row.conditions.when, ...row.conditions.unless]) {
      if (evaluateCondition(condition, request, resource) === UNTOLD) missing.add(condition.attr);
    }
  };
  const rowsOf = (set: RowSet) => (set.isSmall ? set.rows : set.cellOf(modelId, resource).conditional);
  compiled.grants.visit(request.principal, (held) => {
    for (const grant of held.inForce()) {
      const set = grant.forAction(action);
      if (set) rowsOf(set).slice(0, ROWS_EXAMINED_MAX).forEach(examine);
    }
  });
  compiled.boundaries.visit(request.principal, (boundaries) => {
    for (const { name, rows } of boundaries) {
      if (failedBoundaries.includes(name)) rows.filter(({ actions }) => actions.includes(action)).forEach(examine);
    }
  });
  return missing.size === 0 ? NONE : [...missing].toSorted();
}
