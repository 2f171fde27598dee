import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogue } from '../catalogue.fixture.js';
import { Identity } from '../identity.fixture.js';
import type { Document } from '../policy-state.fixture.js';

const identity = new Identity();
let people: Awaited<ReturnType<Identity['tenants']>>;
let dev: { id: string; key: string };
let desk: { id: string; key: string; keyId: string };
const issue = (key: string, owner: string, restrictions: object = {}) =>
  identity.ask(key, 'POST /v1/api-keys', { name: 'spec', owner, restrictions });
const own = (restrictions: object) => issue(dev.key, `user:${dev.id}`, restrictions);

/** Without the statement the key would still carry its owner's tools. */
const stagingModels = {
  environments: ['staging'],
  statements: [{ actions: ['model:*'], resources: ['model:**'] }],
};

/** May make and rotate keys for everybody, and use the models of staging; administers nothing. */
const keyDesk: Document = {
  kind: 'Role',
  metadata: { name: 'key-desk' },
  spec: {
    statements: [
      { id: 'keys', effect: 'allow', actions: ['key:create', 'key:rotate', 'key:read'], resources: ['key:**'] },
      {
        id: 'models',
        effect: 'allow',
        actions: ['model:invoke', 'model:list'],
        resources: ['model:*/*'],
        when: [{ attr: 'resource.tags.env', eq: 'staging' }],
      },
    ],
  },
};

beforeAll(async () => {
  await identity.open();
  people = await identity.tenants();
  await identity.publish('acme', [...catalogue, keyDesk]);
  dev = await identity.person('acme', 'dev@acme.example', 'developer');
  desk = await identity.person('acme', 'desk@acme.example', 'key-desk');
});
afterAll(() => identity.close());

describe('a key is never wider than its owner', () => {
  it.each([
    ['a model of an environment that the owner has not', { models: ['local/llama-3'] }, '/restrictions/models/0'],
    ['a model that does not exist', { models: ['staging/*', 'staging/none'] }, '/restrictions/models/1'],
    ['a pattern of which the owner reaches none', { models: ['local/*'] }, '/restrictions/models/0'],
    ['an account of which the owner reaches no model', { accounts: ['local'] }, '/restrictions/accounts/0'],
    ['an environment out of reach', { environments: ['staging', 'production'] }, '/restrictions/environments/1'],
    [
      'a statement about models out of reach',
      { statements: [{ actions: ['model:invoke'], resources: ['model:staging/*', 'model:local/*'] }] },
      '/restrictions/statements/0/resources/1',
    ],
  ])('refuses %s with 422, naming it', async (_what, restrictions, pointer) => {
    const { status, body } = await own(restrictions);
    expect([status, body.code, body.errors]).toEqual([
      422,
      'api-key/beyond-owner',
      [{ pointer, detail: expect.any(String) }],
    ]);
  });

  it('names everything that is missing at once, and an unknown model as an ungranted one', async () => {
    const { body } = await own({ models: ['local/llama-3', 'local/none', 'staging/gpt-4o-mini'] });
    const texts = body.errors.map(({ detail }: { detail: string }) => detail.replace(/"[^"]*"/, '…'));
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      '/restrictions/models/0',
      '/restrictions/models/1',
    ]);
    expect(texts[0]).toBe(texts[1]);
  });

  it('takes a pattern of which the owner reaches some, every other kind of narrowing, and shows them', async () => {
    const restrictions = {
      models: ['*/*', 'staging/gpt-4o-mini'],
      accounts: ['staging'],
      environments: ['staging'],
      operations: ['chat'],
      cidrs: ['10.0.0.0/8'],
      statements: [{ actions: ['model:*'], resources: ['model:staging/*'] }],
    };
    const { status, body } = await own(restrictions);
    expect([status, body.restrictions]).toEqual([201, restrictions]);
  });
});

describe('a key for somebody else', () => {
  it('needs rights over them', async () => {
    expect((await issue(dev.key, 'user:desk@acme.example')).status).toBe(403);
  });

  it('never exceeds what whoever issues it may do, who is told what is missing; the refusal is on record', async () => {
    const { status, body, headers } = await issue(desk.key, 'user:ada@acme.example');
    expect([status, body.code]).toEqual([403, 'grant/not-held']);
    expect(body.errors[0]).toMatchObject({
      statement: expect.stringMatching(/^admin\//),
      resource: expect.any(String),
    });
    const record = identity.records.find(({ decision_id: id }) => id === headers['gatehouse-decision-id']);
    expect(record).toMatchObject({ outcome: 'deny', reason: 'grant_not_held', action: 'key:create' });
  });

  it('is issued where its narrowing leaves only what the issuer may do too', async () => {
    const owner = 'user:ada@acme.example';
    expect((await issue(desk.key, owner, { models: ['local/*'] })).status).toBe(403);
    expect((await issue(desk.key, owner, { environments: ['staging'] })).body.errors[0].action).toBe('tool:call');
    expect((await issue(desk.key, owner, stagingModels)).status).toBe(201);
  });

  it('nor is another’s wider key had by rotating it', async () => {
    const { status, body } = await identity.ask(desk.key, `POST /v1/api-keys/${people.ada.keyId}/rotate`);
    expect([status, body.code, body.value]).toEqual([403, 'grant/not-held', undefined]);
    expect((await identity.ask(people.ada.key, 'GET /v1/me')).status).not.toBe(401);
    const narrow = (await issue(people.ada.key, 'user:ada@acme.example', stagingModels)).body;
    expect((await identity.ask(desk.key, `POST /v1/api-keys/${narrow.id}/rotate`)).status).toBe(200);
  });

  it('an administrator issues for everybody in the tenant, unless what they present is narrowed itself', async () => {
    const owner = 'user:desk@acme.example';
    expect((await issue(people.ada.key, owner)).status).toBe(201);
    const statements = [{ actions: ['key:create'], resources: ['key:**'] }];
    for (const restrictions of [{ statements }, { operations: ['admin'] }, { cidrs: ['127.0.0.0/8'] }]) {
      const { value } = (await issue(people.ada.key, 'user:ada@acme.example', restrictions)).body;
      for (const wanted of [owner, 'user:ada@acme.example']) {
        const { status, body } = await issue(value, wanted);
        expect([status, body.code, body.value]).toEqual([403, 'grant/not-held', undefined]);
      }
    }
  });

  it('gives nobody the operator’s rights', async () => {
    const { rows } = { rows: await identity.rows<{ id: string }>(`select id from virtual_account_list_v1`) };
    const operator = await identity.ask(identity.operator, 'GET /v1/virtual-accounts');
    expect(rows.length).toBeGreaterThan(0);
    const [{ id }] = operator.body.data;
    const narrowed = await issue(identity.operator, `virtual-account:${id}`, { operations: ['admin'] });
    expect(narrowed.status).toBe(201);
    const wider = await identity.ask(narrowed.body.value, 'POST /v1/api-keys', {
      name: 'wide',
      owner: `virtual-account:${id}`,
    });
    expect([wider.status, wider.body.value]).toEqual([403, undefined]);
  });
});
