import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogue } from '../catalogue.fixture.js';
import { Identity } from '../identity.fixture.js';

type Shown = { readonly action: string; readonly resource: string; readonly own_only: boolean };

const identity = new Identity();
let people: Awaited<ReturnType<Identity['tenants']>>;
let dev: { id: string; key: string; keyId: string };
const me = (key: string | undefined) => identity.ask(key, 'GET /v1/me');
const issue = async (sent: object) => (await identity.ask(people.ada.key, 'POST /v1/api-keys', sent)).body;

/** All pages of what a credential may do. */
async function abilities(key: string, limit = 200): Promise<readonly Shown[]> {
  return (await identity.pages(key, '/v1/me/abilities', limit)) as unknown as Shown[];
}

beforeAll(async () => {
  await identity.open();
  people = await identity.tenants();
  await identity.publish('acme', catalogue);
  dev = await identity.person('acme', 'dev@acme.example', 'developer');
});
afterAll(() => identity.close());

describe('GET /v1/me', () => {
  it('tells who asks, and with what', async () => {
    const { id: team } = (await identity.ask(people.ada.key, 'POST /v1/teams', { name: 'crew' })).body;
    await identity.ask(people.ada.key, `POST /v1/teams/${team}/members`, { member: `user:${dev.id}` });
    const { status, body } = await me(dev.key);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      object: 'me',
      id: dev.id,
      kind: 'user',
      tenant: 'acme',
      email: 'dev@acme.example',
      name: null,
      teams: ['crew'],
      credential: {
        id: dev.keyId,
        kind: 'pat',
        auth_method: 'api_key',
        expires_at: null,
        restrictions: {},
        scopes: null,
      },
    });
  });

  it('answers whoever has no right to anything, and a key narrowed to something else, with what it is narrowed to', async () => {
    expect((await me(people.con.key)).status).toBe(200);
    const restrictions = { operations: ['chat'], cidrs: ['127.0.0.0/8'] };
    const narrow = await issue({ name: 'n', owner: `user:${dev.id}`, restrictions, expires_in_seconds: 60 });
    const { status, body } = await me(narrow.value);
    expect(status).toBe(200);
    expect(body.credential).toMatchObject({ id: narrow.id, restrictions, expires_at: narrow.expires_at });
  });

  it('answers virtual accounts and the operator', async () => {
    await identity.ask(people.ada.key, 'POST /v1/virtual-accounts', { name: 'etl' });
    const { value } = await issue({ name: 'k', owner: 'virtual-account:etl' });
    expect((await me(value)).body).toMatchObject({ kind: 'virtual-account', name: 'etl', email: null });
    expect((await me(identity.operator)).body).toMatchObject({ kind: 'operator', tenant: 'platform' });
  });

  it('is 401 without a credential, and one decision on record with one', async () => {
    expect((await me(undefined)).status).toBe(401);
    const { headers } = await me(dev.key);
    const found = identity.records.filter(({ decision_id: id }) => id === headers['gatehouse-decision-id']);
    expect(found).toMatchObject([{ outcome: 'allow', action: 'user:read', principal_id: dev.id, http_status: 200 }]);
  });
});

describe('GET /v1/me/abilities', () => {
  it('lists what policy gives the caller, each once whatever the pages, and nobody else’s', async () => {
    const all = await abilities(dev.key);
    const models = all.filter(({ action }) => action === 'model:invoke').map(({ resource }) => resource);
    expect(models).toContain('model:staging/gpt-4o-mini');
    expect(models).not.toContain('model:openai-main/gpt-4');
    expect(all).toContainEqual(expect.objectContaining({ action: 'key:create', own_only: true }));
    expect(await abilities(dev.key, 3)).toEqual(all);
    expect(await abilities(people.con.key)).toEqual([]);
  });

  it('leaves out what the credential is narrowed away from', async () => {
    const restrictions = { models: ['staging/gpt-4o-mini'], operations: ['chat'] };
    const { value } = await issue({ name: 'n', owner: `user:${dev.id}`, restrictions });
    const models = (await abilities(value)).filter(({ action }) => action === 'model:invoke');
    expect(models.map(({ resource }) => resource)).toEqual(['model:staging/gpt-4o-mini']);
    expect((await abilities(value)).filter(({ action }) => action.startsWith('key:'))).toEqual([]);
  });

  it('takes no cursor of another list', async () => {
    expect((await identity.ask(dev.key, 'GET /v1/me/abilities?after=x')).status).toBe(400);
    expect((await identity.ask(dev.key, 'GET /v1/me/abilities?colour=red')).status).toBe(400);
  });
});
