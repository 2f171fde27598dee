import { STATEMENTS_CITED_MAX } from '../decision.js';
import type { ResourceView } from '../conditions/resource-view.js';
import { NO_MODEL, reaches, type Row } from './row.js';

/** From this many rows on, those that concern one resource are looked up once and kept. */
const SCANNED_ROWS_MAX = 16;
/** Kept look-ups of one snapshot, over all of its row sets; past them a look-up is made anew each time. */
const CELLS_MAX = 200_000;

/** Kept look-ups of one set by paths outside the catalogue. */
const CELLS_OF_PATHS_MAX = 1_024;

/** The rows of a set that concern one resource, with what needs no condition counted beforehand. */
export type Cell = {
  /** Statements that match whatever the request; the first few in order, enough to cite. */
  readonly deny: readonly string[];
  readonly allow: readonly string[];
  /** Rows with conditions or an expiry; denies first. */
  readonly conditional: readonly Row[];
};

/** How many cells one snapshot keeps. */
export class CellBudget {
  private left = CELLS_MAX;

  take(): boolean {
    return this.left > 0 && this.left-- > 0;
  }
}

/** The rows of one grant, or of all grants of one subject, for one action. */
export class RowSet {
  private readonly cells = new Map<string | number, Cell>();

  constructor(
    readonly rows: readonly Row[],
    private readonly budget: CellBudget,
  ) {}

  /** Small sets are scanned as they are: it costs less than looking up. */
  get isSmall(): boolean {
    return this.rows.length <= SCANNED_ROWS_MAX;
  }

  cellOf(modelId: number, resource: ResourceView): Cell {
    const key = modelId === NO_MODEL ? `${resource.type}:${resource.path}` : modelId;
    const known = this.cells.get(key);
    if (known) return known;
    const cell = this.build(modelId, resource);
    // Paths outside the catalogue are the caller's words: they must not use up what known models need.
    const isKnown = modelId !== NO_MODEL;
    if (isKnown ? this.budget.take() : this.cells.size < CELLS_OF_PATHS_MAX) this.cells.set(key, cell);
    return cell;
  }

  private build(modelId: number, resource: ResourceView): Cell {
    const deny = new Set<string>();
    const allow = new Set<string>();
    const conditional: Row[] = [];
    for (const row of this.rows) {
      if (!reaches(row, modelId, resource)) continue;
      const { when, unless } = modelId === NO_MODEL ? row.conditions : row.onModels;
      if (when.length + unless.length > 0 || row.expiresAtMs !== Infinity) conditional.push(row);
      else (row.deny ? deny : allow).add(row.id);
    }
    return { deny: firstFew(deny), allow: firstFew(allow), conditional: conditional.toSorted(denyThenId) };
  }
}

const denyThenId = (a: Row, b: Row) => Number(b.deny) - Number(a.deny) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** Sorted, and no more than an answer cites. */
export const firstFew = (ids: Iterable<string>): readonly string[] =>
  Object.freeze([...ids].toSorted().slice(0, STATEMENTS_CITED_MAX));
