import { actions, isAction, type TestPrincipal, type TestRequest } from '#libs/policy-language';
import { callLabels } from '../metadata/call-labels.js';
import type { AccessRequest, Principal } from '../request.js';

/** The principal that a test makes up; its id is also the name by which documents may call a virtual account. */
export function testPrincipal({ id, teams = [], groups = [], labels = {} }: TestPrincipal, tenant: string): Principal {
  const colon = id.indexOf(':');
  const name = id.slice(colon + 1);
  const kind = id.startsWith('user:') ? 'user' : 'virtual-account';
  return { id: name, kind, tenant, teams, groups, labels };
}

/** What a test says of the tenant's calls: when they are made, and what labels its operator gave it. */
export type TestGround = {
  readonly nowMs: number;
  readonly tenantLabels?: Readonly<Record<string, string>> | undefined;
};

/** The question that a request of a test stands for; of a call with the labels that its gateway would see. */
export function testQuestion(
  { action, resource, operation, ip, time, metadata, owner, team, credential }: TestRequest,
  principal: Principal,
  { nowMs, tenantLabels }: TestGround,
): AccessRequest {
  const colon = resource.indexOf(':');
  const isAdmin = isAction(action) && actions[action].use === 'admin';
  const asked = operation ?? (isAdmin ? 'admin' : 'chat');
  const labels = asked === 'admin' ? {} : callLabels({ principal, keyLabels: credential?.labels, tenantLabels });
  return {
    principal,
    action,
    resource: { type: resource.slice(0, colon), path: resource.slice(colon + 1), owner, team },
    credential: { kind: principal.kind === 'user' ? 'pat' : 'vak', ...credential },
    request: {
      operation: asked,
      timeMs: time === undefined ? nowMs : Date.parse(time),
      ...(ip !== undefined && { ip }),
      metadata: { ...metadata, ...labels },
    },
  };
}
