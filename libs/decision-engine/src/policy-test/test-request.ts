import { actions, isAction, type TestPrincipal, type TestRequest } from '#libs/policy-language';
import type { AccessRequest, Principal } from '../request.js';

/** The principal that a test makes up; its id is also the name by which documents may call a virtual account. */
export function testPrincipal({ id, teams = [], groups = [], labels = {} }: TestPrincipal, tenant: string): Principal {
  const colon = id.indexOf(':');
  const name = id.slice(colon + 1);
  const kind = id.startsWith('user:') ? 'user' : 'virtual-account';
  return { id: name, kind, tenant, teams, groups, labels };
}

/** The question that a request of a test stands for. */
export function testQuestion(
  { action, resource, operation, ip, time, metadata, owner, team, credential }: TestRequest,
  principal: Principal,
  nowMs: number,
): AccessRequest {
  const colon = resource.indexOf(':');
  const isAdmin = isAction(action) && actions[action].use === 'admin';
  return {
    principal,
    action,
    resource: { type: resource.slice(0, colon), path: resource.slice(colon + 1), owner, team },
    credential: { kind: principal.kind === 'user' ? 'pat' : 'vak', ...credential },
    request: {
      operation: operation ?? (isAdmin ? 'admin' : 'chat'),
      timeMs: time === undefined ? nowMs : Date.parse(time),
      ...(ip !== undefined && { ip }),
      ...(metadata && { metadata }),
    },
  };
}
