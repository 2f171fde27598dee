import type { ForeignTenant } from '#libs/access';
import { waitFor } from '#libs/testing';
import { admin, demoKey, sql } from '../system/system.js';

type Thing = { readonly id: string; readonly name?: string; readonly email?: string | null; readonly status?: string };
type Listed = { readonly data: readonly Thing[] };

const administrator = () => demoKey('acme', 'admin');

/** Everything of one kind that acme has, as its administrator sees it. */
export async function acmes(service: 'identity' | 'policy' | 'audit', things: string): Promise<readonly Thing[]> {
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
  const [client, issuer, invitation, findings] = await Promise.all([
    owned('oauth-clients', { name: CLIENT, ...clientOf(accounts) }),
    owned('issuers', { name: ISSUER, ...issuerOf(accounts, 'acmes-audience') }),
    invited(),
    acmes('audit', 'findings'),
  ]);
  const some = (things: readonly Thing[]) => things.slice(0, 2).map(({ id }) => id);
  // Ids that are sent may come back in an answer; the others may not.
  const sent = new Set([users, accounts, keys].flatMap(some));
  const unsent = [...users, ...accounts, ...keys].map(({ id }) => id).filter((id) => !sent.has(id));
  return {
    tenantId: 'acme',
    // Somebody who was erased has none.
    names: [...users.flatMap(({ email }) => email ?? []), ...NAMES, ...unsent],
    headers: { 'if-match': '"1"' },
    ids: {
      tenantId: ['acme', 'nowhere'],
      userId: some(users),
      invitationId: [invitation],
      principalId: some(users),
      teamId: some(teams),
      accountId: some(accounts),
      keyId: some(keys),
      revokedId: some(keys),
      clientId: [client],
      issuerId: [issuer, 'gatehouse'],
      // Sessions and consents come of logins: those of another tenant are in the specs of the OAuth server.
      sessionId: ['session_of_nobody'],
      consentId: ['consent_of_nobody'],
      findingId: [...some(findings), 'finding_of_nobody'],
      account: ['anthropic-main', 'staging'],
      name: ['qa-engineer', 'claude', 'anthropic-main', 'greeting'],
      // Revisions are numbers of one's own: this one nobody has.
      revision: ['1000000'],
      version: ['1'],
      decisionId: [await someDecision()],
      letterId: ['audit-0'],
    },
    bodies: bodies(users[0]?.id ?? '', accounts),
  };
}

const CLIENT = 'client of acme';
const ISSUER = 'acmes-issuer';
const GUEST = 'guest@acme.example';
const NAMES = ['internal-tools', 'acme/ft-1', 'contractor', CLIENT, ISSUER, GUEST];

const clientOf = ([account]: readonly Thing[]) => ({
  grant_types: ['client_credentials'],
  scopes: ['model:invoke'],
  virtual_account: account?.name,
});
const issuerOf = ([account]: readonly Thing[], audience: string) => ({
  issuer: 'https://issuer.example',
  audiences: [audience],
  mappings: [{ match: { sub: 'me' }, as: { virtual_account: account?.name } }],
});

/** The id of acme's thing of that name, which is made where there is none. */
async function owned(things: string, thing: { readonly name: string }): Promise<string> {
  const known = (await acmes('identity', things)).find(({ name }) => name === thing.name);
  if (known) return known.id;
  const { status, body } = await admin<Thing>('identity', 'POST', `/v1/${things}`, administrator(), { json: thing });
  if (status !== 201) throw new Error(`making one of ${things} of acme answered ${status}`);
  return body.id;
}

/** The id of an invitation of acme that is open. */
async function invited(): Promise<string> {
  const json = { email: GUEST };
  const { status, body } = await admin<Thing>('identity', 'POST', '/v1/invitations', administrator(), { json });
  if (status !== 201) throw new Error(`inviting somebody to acme answered ${status}`);
  return body.id;
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

/** Routes whose body may be empty. */
const BARE = [
  ...['rotate-secret', 'disable', 'enable'].map((verb) => `oauth-clients/:clientId/${verb}`),
  ...['refresh', 'disable', 'enable'].map((verb) => `issuers/:issuerId/${verb}`),
  'users/:userId/revoke-tokens',
  'virtual-accounts/:accountId/revoke-tokens',
  'sessions/:sessionId/revoke',
  'consents/:consentId/withdraw',
  'prompts/:name/render',
  'prompts/:name/versions/:version/promote',
];

function bodies(userId: string, accounts: readonly Thing[]): Record<string, unknown> {
  const accountId = accounts[0]?.id ?? '';
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
    'POST /v1/invitations': { email: 'intruder@acme.example', tenant: 'acme' },
    'PATCH /v1/tenants/:tenantId': { labels: {} },
    'PUT /v1/legal-holds/:tenantId': { reason: 'none' },
    'PATCH /v1/users/:userId': { labels: {} },
    'POST /v1/users/:userId/deactivate': {},
    'POST /v1/users/:userId/erase': {},
    'POST /v1/teams': { name: 'intruders', tenant: 'acme' },
    'POST /v1/teams/:teamId/members': { member: `user:${userId}` },
    'POST /v1/teams/:teamId/managers': { manager: `user:${userId}` },
    'POST /v1/virtual-accounts': { name: 'intruder', tenant: 'acme' },
    'PATCH /v1/virtual-accounts/:accountId': { labels: {} },
    'POST /v1/oauth-clients': { name: 'mine', ...clientOf(accounts), tenant: 'acme' },
    'PATCH /v1/oauth-clients/:clientId': { name: 'mine' },
    'POST /v1/issuers': { name: 'mine', ...issuerOf(accounts, 'mine'), tenant: 'acme' },
    'PATCH /v1/issuers/:issuerId': { audiences: ['mine'] },
    ...Object.fromEntries(BARE.map((route) => [`POST /v1/${route}`, {}])),
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
