import type { ForeignTenant } from '#libs/access';
import { waitFor } from '#libs/testing';
import { admin, demoKey, sql } from '../system/system.js';

type Thing = { readonly id: string; readonly name?: string; readonly email?: string; readonly status?: string };
type Listed = { readonly data: readonly Thing[] };

const administrator = () => demoKey('acme', 'admin');

/** Everything of one kind that acme has, as its administrator sees it. */
export async function acmes(service: 'identity' | 'policy', things: string): Promise<readonly Thing[]> {
  const { status, body } = await admin<Listed>(service, 'GET', `/v1/${things}?limit=100`, administrator());
  if (status !== 200) throw new Error(`listing ${things} of acme answered ${status}`);
  return body.data;
}

/** Real ids of the demo tenant acme for every path, valid bodies that name them, and what may be shown to nobody else. */
export async function acmeAsForeign(): Promise<ForeignTenant> {
  const [users, teams, accounts, keys] = await Promise.all(
    ['users', 'teams', 'virtual-accounts', 'api-keys'].map((things) => acmes('identity', things)),
  );
  if (!users || !teams || !accounts || !keys) throw new Error('acme is not there');
  const some = (things: readonly Thing[]) => things.slice(0, 2).map(({ id }) => id);
  // Ids that are sent may come back in an answer; the others may not.
  const sent = new Set([users, accounts, keys].flatMap(some));
  const unsent = [...users, ...accounts, ...keys].map(({ id }) => id).filter((id) => !sent.has(id));
  return {
    tenantId: 'acme',
    names: [...users.map(({ email = '' }) => email), 'internal-tools', 'acme/ft-1', 'contractor', ...unsent],
    headers: { 'if-match': '"1"' },
    ids: {
      tenantId: ['acme', 'nowhere'],
      userId: some(users),
      principalId: some(users),
      teamId: some(teams),
      accountId: some(accounts),
      keyId: some(keys),
      account: ['anthropic-main', 'staging'],
      name: ['qa-engineer', 'claude', 'anthropic-main'],
      // Revisions are numbers of one's own: this one nobody has.
      revision: ['1000000'],
      decisionId: [await someDecision()],
    },
    bodies: bodies(users[0]?.id ?? '', accounts[0]?.id ?? ''),
  };
}

async function someDecision(): Promise<string> {
  const find = () => sql<{ id: string }>(`SELECT decision_id AS id FROM decisions WHERE tenant_id = 'acme' LIMIT 1`);
  return waitFor(async () => (await find())[0]?.id, { timeoutMs: 30_000, what: 'a decision of acme' });
}

const bundle = `
apiVersion: gatehouse/v1
kind: Role
metadata: {name: intruder, tenant: acme}
spec:
  statements:
    - {id: one, effect: allow, actions: [model:invoke], resources: ["model:**"]}
`;

function bodies(userId: string, accountId: string): Record<string, unknown> {
  const states = ['suspend', 'resume'].flatMap((verb) => [
    [`POST /v1/tenants/:tenantId/${verb}`, {}],
    [`POST /v1/users/:userId/${verb}`, {}],
    [`POST /v1/virtual-accounts/:accountId/${verb}`, {}],
    [`POST /v1/api-keys/:keyId/${verb}`, {}],
  ]) as [string, object][];
  return {
    ...Object.fromEntries(states),
    'POST /v1/tenants': { name: 'initech' },
    'POST /v1/users': { email: 'intruder@acme.example', tenant: 'acme' },
    'PATCH /v1/users/:userId': { labels: {} },
    'POST /v1/users/:userId/deactivate': {},
    'POST /v1/users/:userId/erase': {},
    'POST /v1/teams': { name: 'intruders', tenant: 'acme' },
    'POST /v1/teams/:teamId/members': { member: `user:${userId}` },
    'POST /v1/teams/:teamId/managers': { manager: `user:${userId}` },
    'POST /v1/virtual-accounts': { name: 'intruder', tenant: 'acme' },
    'PATCH /v1/virtual-accounts/:accountId': { labels: {} },
    'POST /v1/api-keys': { name: 'mine', owner: `virtual-account:${accountId}` },
    'POST /v1/api-keys/:keyId/rotate': {},
    'POST /v1/api-keys/:keyId/revoke': {},
    'PUT /v1/provider-accounts/:account/credential': { value: 'sk-of-somebody-else' },
    'POST /v1/apply': bundle,
    'POST /v1/check': bundle,
    'POST /v1/explain': {
      subject: `user:${userId}`,
      action: 'model:invoke',
      resource: 'model:acme/ft-1',
      tenant: 'acme',
    },
    'POST /v1/revisions/:revision/rollback': {},
  };
}
