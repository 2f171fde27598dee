import type { Row } from './row.js';
import { RowSet, type CellBudget } from './row-set.js';

/** The rows of one role as one binding narrows it, by action. Shared by all subjects of equal bindings. */
export class Grant {
  private readonly sets: (RowSet | undefined)[] = [];

  constructor(
    readonly rows: readonly Row[],
    budget: CellBudget,
  ) {
    for (const [action, concerning] of byAction(rows)) this.sets[action] = new RowSet(concerning, budget);
  }

  forAction(action: number): RowSet | undefined {
    return this.sets[action];
  }
}

/** From this many grants on, a subject's rows are put together by action when it is first asked about. */
const GRANTS_APART_MAX = 4;

/** What one subject holds. Not changed once the snapshot is compiled. */
export class SubjectGrants {
  readonly grants: Grant[] = [];
  private merged: readonly Grant[] | undefined;

  constructor(private readonly budget: CellBudget) {}

  /** The grants to look at: the few there are, or one that holds the rows of all. */
  inForce(): readonly Grant[] {
    if (this.grants.length <= GRANTS_APART_MAX) return this.grants;
    this.merged ??= [new Grant([...new Set(this.grants.flatMap(({ rows }) => rows))], this.budget)];
    return this.merged;
  }
}

function byAction(rows: readonly Row[]): Map<number, Row[]> {
  const sets = new Map<number, Row[]>();
  for (const row of rows) {
    for (const action of row.actions) {
      const set = sets.get(action);
      if (set) set.push(row);
      else sets.set(action, [row]);
    }
  }
  return sets;
}
