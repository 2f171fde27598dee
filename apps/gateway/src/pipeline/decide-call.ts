import { engineRequest } from '#libs/access';
import { decide, type Decision, type TenantSnapshot } from '#libs/decision-engine';
import type { Read } from './exchange.js';

/** Whether its caller may do this in the course of a call: all that a call asks of policy, it asks under the same circumstances. */
export function decideCall(
  snapshot: TenantSnapshot,
  { caller, route, metadata, ip, atMs }: Read,
  action: string,
  resource: { readonly type: string; readonly path: string },
): Decision {
  const circumstances = { operation: route.operation, ip, timeMs: atMs, metadata };
  return decide(snapshot, engineRequest(caller, action, resource, circumstances));
}
