import { STATEMENTS_CITED_MAX, statementsHeld, type Principal, type TenantSnapshot } from '#libs/decision-engine';

/** A statement that a principal holds and that allowed nothing. */
export type UnusedGrant = {
  readonly principal_id: string;
  readonly principal_kind: Principal['kind'];
  readonly statement: string;
};

/** What allowed requests of one principal cited. */
export type Citations = {
  readonly statements: readonly string[];
  /** The longest list of one decision: one that is full may have left out any. */
  readonly longest: number;
};

/**
 * Statements that principals hold and no citation names, in order, at most `max`. Of somebody with decisions that cite as
 * many as there may be, nothing is said to be unused: what they did not cite may have allowed them all the same.
 */
export function unusedGrants(
  snapshot: TenantSnapshot,
  principals: readonly Principal[],
  cited: ReadonlyMap<string, Citations>,
  { nowMs, max }: { readonly nowMs: number; readonly max: number },
): readonly UnusedGrant[] {
  const found: UnusedGrant[] = [];
  for (const principal of principals) {
    const { statements = [], longest = 0 } = cited.get(principal.id) ?? {};
    if (longest >= STATEMENTS_CITED_MAX) continue;
    const used = new Set(statements);
    for (const statement of statementsHeld(snapshot, principal, nowMs)) {
      if (used.has(statement)) continue;
      found.push({ principal_id: principal.id, principal_kind: principal.kind, statement });
      if (found.length >= max) return found;
    }
  }
  return found;
}
