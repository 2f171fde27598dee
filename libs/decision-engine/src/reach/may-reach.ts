import { operations } from '#libs/policy-language';
import { openAllows, possibleAccess } from '../policy-test/possible-access.js';
import type { Principal } from '../request.js';
import { actionIdOf } from '../statements/action-ids.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';

const USES = ['model:invoke', 'model:list'] as const;

/**
 * Whether some request could let the principal use the model now: conditions on the request (address, time, operation)
 * are left open, all others are settled. A model that the snapshot does not know is out of everybody's reach.
 */
export function mayReachModel(snapshot: TenantSnapshot, principal: Principal, name: string, timeMs: number): boolean {
  const model = snapshot.model(name);
  if (!model || principal.tenant !== snapshot.tenant) return false;
  return USES.some((action) =>
    operations.some((operation) => {
      const resource = { type: 'model', path: name, tenant: model.tenant };
      const credential = { kind: 'none' };
      const request = { principal, action, resource, credential, request: { operation, timeMs } };
      const settled = { isDescribed: true, isKnown: true, resource: model, request };
      const open = openAllows(possibleAccess(snapshot.compiled, { action: actionIdOf(action) ?? -1, ...settled }));
      return open.length > 0;
    }),
  );
}
