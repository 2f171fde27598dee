import type { Principal } from '../request.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';

/**
 * Ids (`role/statement`) of all allows that some binding gives to the principal and that have not ended, sorted; whatever
 * conditions, denies and boundaries leave of them.
 */
export function statementsHeld({ compiled }: TenantSnapshot, principal: Principal, nowMs: number): readonly string[] {
  const held = new Set<string>();
  compiled.grants.visit(principal, (own) => {
    for (const { rows } of own.grants()) {
      for (const { id, terms } of rows) if (!terms.deny && terms.expiresAtMs > nowMs) held.add(id);
    }
  });
  return [...held].toSorted();
}
