import type { Conditions } from '../conditions/conditions.js';
import type { ResourceView } from '../conditions/resource-view.js';
import { NONE, STATEMENTS_CITED_MAX } from '../decision.js';
import { NO_MODEL, reaches, type Row } from './row.js';

/** Rows that match together or not at all: they share conditions and end. `cited` is enough of them to cite. */
export type Group = Pick<Row, 'deny' | 'expiresAtMs'> & {
  readonly conditions: Conditions;
  readonly cited: readonly string[];
};

/** What one subject's rows for one action say about one resource, with what needs no condition counted beforehand. */
export type Cell = {
  /** Statements that match whatever the request; the first few in order. */
  readonly deny: readonly string[];
  readonly allow: readonly string[];
  readonly conditional: readonly Group[];
};

const NO_GROUPS: readonly Group[] = Object.freeze([]);
const EMPTY_CELL: Cell = Object.freeze({ deny: NONE, allow: NONE, conditional: NO_GROUPS });

/** Puts together the rows that concern a resource. */
export function cellOf(rows: readonly Row[], modelId: number, resource: ResourceView): Cell {
  const deny = new Set<string>();
  const allow = new Set<string>();
  const conditional = new Map<string, { row: Row; conditions: Conditions; ids: Set<string> }>();
  const numbers = new Map<Conditions, number>();
  for (const row of rows) {
    if (!reaches(row, modelId, resource)) continue;
    const conditions = modelId === NO_MODEL ? row.conditions : row.onModels;
    if (conditions.when.length + conditions.unless.length === 0 && row.expiresAtMs === Infinity) {
      (row.deny ? deny : allow).add(row.id);
      continue;
    }
    if (!numbers.has(conditions)) numbers.set(conditions, numbers.size);
    const key = `${row.deny} ${row.expiresAtMs} ${numbers.get(conditions)}`;
    const group = conditional.get(key);
    if (group) group.ids.add(row.id);
    else conditional.set(key, { row, conditions, ids: new Set([row.id]) });
  }
  if (deny.size + allow.size + conditional.size === 0) return EMPTY_CELL;
  const groups = Array.from(conditional.values(), ({ row, conditions, ids }) => {
    return { deny: row.deny, expiresAtMs: row.expiresAtMs, conditions, cited: firstFew(ids) };
  });
  return { deny: firstFew(deny), allow: firstFew(allow), conditional: groups.length === 0 ? NO_GROUPS : groups };
}

/** Sorted, and no more than an answer cites. */
export const firstFew = (ids: ReadonlySet<string>): readonly string[] =>
  ids.size === 0 ? NONE : Object.freeze([...ids].toSorted().slice(0, STATEMENTS_CITED_MAX));
