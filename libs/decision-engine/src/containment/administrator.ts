import type { Principal } from '../request.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';

/** Documents cannot take the name of a built-in role, so nothing else is cited by it. */
const ADMINISTRATION = 'admin/policy';

/**
 * Whether somebody administers the whole tenant: bound to the built-in role `admin`, at this moment, without being
 * narrowed to some resources. Rule 11 excepts them inside their tenant; a boundary above them does not end that, since
 * whoever looks after the boundaries could take it away.
 */
export function isAdministrator(snapshot: TenantSnapshot, principal: Principal, timeMs: number): boolean {
  if (principal.tenant !== snapshot.tenant) return false;
  let found = false;
  snapshot.compiled.grants.visit(principal, (own) => {
    for (const { rows } of own.grants()) {
      found ||= rows.some(({ id, terms }) => {
        return id === ADMINISTRATION && terms.reach.length === 1 && terms.expiresAtMs > timeMs;
      });
    }
  });
  return found;
}
