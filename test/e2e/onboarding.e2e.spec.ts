import { waitFor } from '#libs/testing';
import { expect, it } from 'vitest';
import { act, admin, gatewayUrl, local } from '../system/system.js';

type Made = { status: string; keys: { value: string; owner: string }[]; code?: string; errors?: object[] };

const operator = () => local().operator.api_key;
const apiVersion = 'gatehouse/v1';
const both = [1, 2] as const;

/** A tenant with one model, and an account that may call it by a role; its admin has a key, too. */
const documents = () => [
  {
    apiVersion,
    kind: 'ProviderAccount',
    metadata: { name: 'local' },
    spec: { provider: 'vllm', baseUrl: `${local().sandbox_provider.url}/v1` },
  },
  {
    apiVersion,
    kind: 'Model',
    metadata: { name: 'local/llama-3', tags: { env: 'production' } },
    spec: { upstreamModel: 'llama-3', types: ['chat'] },
  },
  {
    apiVersion,
    kind: 'Role',
    metadata: { name: 'caller' },
    spec: {
      statements: [{ id: 'local', effect: 'allow', actions: ['model:invoke'], resources: ['model:local/*'] }],
    },
  },
  {
    apiVersion,
    kind: 'RoleBinding',
    metadata: { name: 'etl' },
    spec: { subjects: ['virtual-account:etl'], roles: ['caller'] },
  },
  {
    apiVersion,
    kind: 'Limits',
    metadata: { name: 'all' },
    spec: { rules: [{ id: 'rpm', when: {}, limit: 1_000, unit: 'requests_per_minute' }] },
  },
];
const onboard = (name: string, more: object = {}) =>
  admin<Made>('identity', 'POST', '/v1/tenants', operator(), {
    json: {
      name,
      admin: { email: `eve@${name}.example`, keys: [{ name: 'admin' }] },
      virtual_accounts: [
        { name: 'etl', keys: [{ name: 'night' }] },
        { name: 'idle', keys: [{ name: 'idle' }] },
      ],
      documents: documents(),
      ...more,
    },
  });
const keyOf = ({ keys }: Made, owner: string) => keys.find((key) => key.owner === owner)?.value ?? '';
const shown = async (name: string) => admin<Made>('identity', 'GET', `/v1/tenants/${name}`, operator());

async function call(key: string, gateway: 1 | 2): Promise<number> {
  const answer = await fetch(`${gatewayUrl(gateway)}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'local/llama-3', messages: [{ role: 'user', content: 'x' }] }),
  });
  await answer.text();
  return answer.status;
}
const statuses = (key: string) => Promise.all(both.map((gateway) => call(key, gateway)));
const everywhere = (key: string, status: number) =>
  waitFor(async () => (await statuses(key)).every((each) => each === status), {
    timeoutMs: 60_000,
    what: `${status} from both gateways`,
  });

/** Until a service has read a key from the log it answers 401. */
const isKnownToPolicy = async (key: string) => (await admin('policy', 'GET', '/v1/roles', key)).status !== 401;
const isKnownToIdentity = async (key: string) => (await admin('identity', 'GET', '/v1/me', key)).status !== 401;

/** Policy learns of a tenant from the log: asked for the onboarding's position it waits, and never says 404. */
async function setsCredential(path: string, position: string): Promise<boolean> {
  const json = { value: 'sk-sandbox-initech' };
  const headers = { 'gatehouse-min-position': position };
  const { status } = await admin('policy', 'PUT', path, operator(), { json, headers });
  expect([200, 202, 503]).toContain(status);
  return status < 300;
}

async function becomesActive(name: string): Promise<void> {
  expect([201, 202]).toContain((await onboard(name)).status);
  await waitFor(async () => (await shown(name)).body.status === 'active', { timeoutMs: 60_000, what: name });
}

it('onboards a tenant in one call: each of its keys does what its role says, and no other tenant is touched', async () => {
  const { status, body, headers } = await onboard('initech');
  expect([status, body.status]).toEqual([201, 'active']);
  const path = '/v1/provider-accounts/local/credential?tenant=initech';
  await waitFor(() => setsCredential(path, headers.get('gatehouse-position') ?? ''), { timeoutMs: 60_000 });
  await everywhere(keyOf(body, 'virtual-account:etl'), 200);
  await everywhere(keyOf(body, 'virtual-account:idle'), 403);
  const own = keyOf(body, body.keys[0]?.owner ?? '');
  await waitFor(async () => (await isKnownToIdentity(own)) && isKnownToPolicy(own), {
    timeoutMs: 60_000,
    what: 'the key of eve',
  });
  const users = await admin<{ data: { email: string }[] }>('identity', 'GET', '/v1/users', own);
  expect(users.body.data.map(({ email }) => email)).toEqual(['eve@initech.example']);
  expect((await admin('policy', 'GET', '/v1/roles/caller', own)).status).toBe(200);
  expect((await admin('policy', 'GET', '/v1/roles/caller?tenant=acme', operator())).status).toBe(404);
});

it('makes nothing of a tenant with one mistake, and of the same name a whole one afterwards', async () => {
  const [account, ...others] = documents();
  const wrong = [account, { ...others[0], metadata: { name: 'nowhere/llama-3' } }, ...others.slice(1)];
  const refused = await onboard('hooli', { documents: wrong });
  expect([refused.status, refused.body.code]).toEqual([422, 'onboarding/refused']);
  expect(refused.body.errors).toMatchObject([{ file: 'documents/1.json', line: expect.any(Number) }]);
  expect((await shown('hooli')).status).toBe(404);
  expect((await admin('policy', 'GET', '/v1/roles?tenant=hooli', operator())).status).toBe(404);
  await becomesActive('hooli');
});

it('waits for a policy that is away with every key refused, goes live with it, and gives up in its time', async () => {
  await act('policy', 'stop');
  try {
    const { status, body } = await onboard('piper', { wait_seconds: 1 });
    expect([status, body.status]).toEqual([202, 'onboarding']);
    const given = await onboard('tardy', { wait_seconds: 0, confirm_within_seconds: 1 });
    const keys = [keyOf(body, 'virtual-account:etl'), keyOf(given.body, 'virtual-account:etl')];
    for (const key of keys) expect(await statuses(key)).toEqual([401, 401]);
    await waitFor(async () => (await shown('tardy')).status === 404, { timeoutMs: 60_000, what: 'the end of tardy' });
    expect((await shown('piper')).body.status).toBe('onboarding');
    // Who begins it may die, too: it goes on from what is stored.
    await act('identity', 'kill');
    await act('policy', 'start');
    await act('identity', 'ready');
    await waitFor(async () => (await shown('piper')).body.status === 'active', { timeoutMs: 60_000, what: 'piper' });
    // Without a credential of its provider account, but let through: 502, and no longer 401.
    await waitFor(async () => !(await statuses(keys[0] ?? '')).includes(401), { timeoutMs: 60_000 });
    expect(await statuses(keys[1] ?? '')).toEqual([401, 401]);
    await becomesActive('tardy');
  } finally {
    await act('policy', 'start');
    for (const part of ['policy', 'identity']) await act(part, 'ready');
  }
});
