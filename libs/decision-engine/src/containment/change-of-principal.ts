import type { CompiledBoundary } from '../boundaries/compiled-boundary.js';
import type { CompiledCondition } from '../conditions/compile-condition.js';
import type { Principal } from '../request.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';
import type { Row } from '../statements/row.js';
import { rowsInForce, unheld, type CounterExample } from './contains.js';
import { reachRows, type CredentialReach } from './key-containment.js';

/** The same principal before and after teams, groups or labels of theirs are changed. */
export type PrincipalChange = { readonly before: Principal; readonly after: Principal };

/**
 * Rule 11 for a change of who somebody is: whether all that they could do after it and not before is within what the
 * actor's credential may do, shown by containment of statements as in `counterExample`. Undefined is a proof. Gained are
 * statements of new teams, and those that read a team, group or label that changes; a deny that may end is as a grant of
 * all that it forbade, and a boundary that may end as one of everything. Administrators and operators are the caller's
 * exception.
 */
export function changeCounterExample(
  snapshot: TenantSnapshot,
  actor: CredentialReach,
  { before, after }: PrincipalChange,
  timeMs: number,
): CounterExample | undefined {
  const reads = readerOf(before, after);
  const ended = lostBoundary(boundariesOf(snapshot, before), new Set(boundariesOf(snapshot, after)), reads);
  if (ended) return { statement: ended.name, action: '*', resource: '**' };
  const had = rowsInForce(snapshot, before, timeMs);
  const has = rowsInForce(snapshot, after, timeMs);
  const [old, now] = [new Set(had), new Set(has)];
  const granted = has.filter((row) => !row.terms.deny && (!old.has(row) || readsAny(row, reads)));
  const freed = had.filter((row) => row.terms.deny && (!now.has(row) || readsAny(row, reads))).map(asGrant);
  return unheld(snapshot, actor.owner, reachRows(snapshot, actor, 'held', timeMs), [...granted, ...freed], timeMs);
}

type Reader = (condition: CompiledCondition) => boolean;

/** Which conditions read what changes. */
function readerOf(before: Principal, after: Principal): Reader {
  const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  const changes = (name: string | undefined, key: string | undefined) => {
    if (name === 'principal.teams') return !isSame(before.teams.toSorted(), after.teams.toSorted());
    if (name === 'principal.groups') return !isSame(before.groups.toSorted(), after.groups.toSorted());
    return name === 'principal.labels.*' && key !== undefined && before.labels[key] !== after.labels[key];
  };
  return ({ left, ref }) => changes(left.name, left.key) || changes(ref?.name, ref?.key);
}

const readsAny = ({ terms: { conditions } }: Row, reads: Reader) =>
  conditions.when.some(reads) || conditions.unless.some(reads);

/** All that a deny is about, as if it were allowed under no condition. */
const asGrant = (row: Row): Row => ({
  ...row,
  terms: { ...row.terms, deny: false, conditions: { when: [], unless: [] } },
});

function boundariesOf({ compiled }: TenantSnapshot, principal: Principal): readonly CompiledBoundary[] {
  const found: CompiledBoundary[] = [];
  compiled.boundaries.visit(principal, (boundaries) => found.push(...boundaries));
  return found;
}

/** One that holds no longer, or whose ceiling is another for what changes. */
function lostBoundary(had: readonly CompiledBoundary[], now: ReadonlySet<CompiledBoundary>, reads: Reader) {
  return had.find((each) => !now.has(each) || each.rows.some((row) => readsAny(row, reads)));
}
