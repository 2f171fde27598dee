import { actionNames, type KeyRestrictions } from '#libs/policy-language';
import type { Principal } from '../request.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';
import { useOf } from '../statements/action-ids.js';
import type { Row } from '../statements/row.js';
import { rowsInForce, unheld, type CounterExample } from './contains.js';
import { narrowedRows, type Side } from './narrowed-rows.js';

/** What a credential may do at most: all that its owner may, less what narrows it. */
export type CredentialReach = {
  readonly owner: Principal;
  /** `svc` keys use nothing. */
  readonly kind: string;
  /** Each list of restrictions must allow; of a token exchanged for a key there are two. */
  readonly restrictions: readonly KeyRestrictions[];
  /** Action names of an OAuth token; left out for what is none. */
  readonly scopes?: readonly string[] | undefined;
};

/**
 * Whether everything that the key could do is within what the issuer's credential may do now, shown by containment of
 * statements as in `counterExample`. Undefined is a proof. Administrators and operators are the caller's exception.
 */
export function keyCounterExample(
  snapshot: TenantSnapshot,
  issuer: CredentialReach,
  key: CredentialReach,
  timeMs: number,
): CounterExample | undefined {
  const granted = reachRows(snapshot, key, 'granted', timeMs).filter(({ terms }) => !terms.deny);
  return unheld(snapshot, issuer.owner, reachRows(snapshot, issuer, 'held', timeMs), granted, timeMs);
}

/** Rows of what a credential may do: its owner’s, less what narrows it. */
export function reachRows(snapshot: TenantSnapshot, of: CredentialReach, side: Side, timeMs: number): readonly Row[] {
  const rows = rowsInForce(snapshot, of.owner, timeMs);
  // Denies stay as they are: narrowing them would take them back.
  const denies = rows.filter(({ terms }) => terms.deny);
  const scoped = rows
    .filter(({ terms }) => !terms.deny)
    .map((row) => ({ ...row, actions: row.actions.filter(carries(of)) }));
  const narrowed = of.restrictions.reduce((left, each) => narrowedRows(left, each, side), scoped as readonly Row[]);
  return [...denies, ...narrowed.filter(({ actions }) => actions.length > 0)];
}

const carries = ({ kind, scopes }: CredentialReach) => {
  const named = scopes && new Set(scopes);
  return (action: number) =>
    !(kind === 'svc' && useOf(action) === 'data') && (named === undefined || named.has(actionNames[action] ?? ''));
};
