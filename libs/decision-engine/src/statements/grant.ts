import type { ResourceView } from '../conditions/resource-view.js';
import { cellOf, type Cell } from './cell.js';
import { NO_MODEL, type Row } from './row.js';

const NO_ROWS: readonly Row[] = Object.freeze([]);

/** The rows of one role as one binding narrows it, by action. Shared by all subjects of equal bindings. */
export class Grant {
  private readonly byAction: (Row[] | undefined)[] = [];

  constructor(readonly rows: readonly Row[]) {
    for (const row of rows) for (const action of row.actions) (this.byAction[action] ??= []).push(row);
  }

  forAction(action: number): readonly Row[] {
    return this.byAction[action] ?? NO_ROWS;
  }
}

/** Cells that one snapshot keeps, over all subjects; beyond them rows are looked at one by one. */
const CELLS_MAX = 200_000;
/** Cells that one subject keeps for paths outside the catalogue: those are callers' words, of which there is no end. */
const CELLS_OF_PATHS_MAX = 1_024;
/** Up to this many rows are looked at one by one where the resource is no model. */
const ROWS_SCANNED_MAX = 16;
/** More than there are actions; cells are kept by `model * ACTIONS_MAX + action`. */
const ACTIONS_MAX = 256;

/** How many cells of one snapshot may still be kept. */
export class CellBudget {
  private left = CELLS_MAX;

  take(): boolean {
    return this.left > 0 && this.left-- > 0;
  }
}

/** What one subject holds. Its documents never change; what it keeps is only what was already looked up. */
export class SubjectGrants {
  readonly grants: Grant[] = [];
  private readonly cells = new Map<number | string, Cell>();
  private readonly merged: (readonly Row[] | undefined)[] = [];

  constructor(private readonly budget: CellBudget) {}

  /** The rows of all grants for one action, each once. */
  rowsFor(action: number): readonly Row[] {
    const [only] = this.grants;
    if (this.grants.length === 1 && only) return only.forAction(action);
    return (this.merged[action] ??= [...new Set(this.grants.flatMap((grant) => grant.forAction(action)))]);
  }

  /** What the rows say about a resource; undefined where they are to be looked at one by one. */
  cell(action: number, modelId: number, resource: ResourceView): Cell | undefined {
    return modelId === NO_MODEL ? this.cellOfPath(action, resource) : this.cellOfModel(action, modelId, resource);
  }

  private cellOfModel(action: number, modelId: number, resource: ResourceView): Cell | undefined {
    const key = modelId * ACTIONS_MAX + action;
    const known = this.cells.get(key);
    if (known !== undefined || !this.budget.take()) return known;
    return this.keep(key, cellOf(this.rowsFor(action), modelId, resource));
  }

  private cellOfPath(action: number, resource: ResourceView): Cell | undefined {
    const rows = this.rowsFor(action);
    if (rows.length <= ROWS_SCANNED_MAX) return undefined;
    const key = `${action} ${resource.path}`;
    const known = this.cells.get(key);
    if (known !== undefined) return known;
    const cell = cellOf(rows, NO_MODEL, resource);
    return this.cells.size < CELLS_OF_PATHS_MAX ? this.keep(key, cell) : cell;
  }

  private keep(key: number | string, cell: Cell): Cell {
    this.cells.set(key, cell);
    return cell;
  }
}
