import { generateKeyPairSync } from 'node:crypto';
import { CLIENT_SECRET_PATTERN, IdentityView } from '#libs/access';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Identity } from '../identity.fixture.js';
import { rooms } from '../lists/tenant-room.js';
import { ClientSecrets } from './client-secrets.js';
import { Tables } from '../tables.js';

const identity = new Identity();
let people: Awaited<ReturnType<Identity['tenants']>>;
const ada = (route: string, body?: unknown, headers?: Record<string, string | undefined>) =>
  identity.ask(people.ada.key, route, body, headers);
const machine = {
  name: 'nightly',
  grant_types: ['client_credentials'],
  scopes: ['model:invoke'],
  virtual_account: 'etl',
};
const browser = {
  name: 'console',
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  redirect_uris: ['https://console.example/callback'],
  scopes: ['openid', 'offline_access', 'model:invoke'],
};
const make = async (body: object = machine) => (await ada('POST /v1/oauth-clients', body)).body;
const jwk = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
const rowOf = async (id: string) => {
  const found = await identity.app.get(Tables).clients.find(undefined, id);
  if (!found) throw new Error('no such client');
  return found.row;
};
const proves = async (id: string, secret: string) =>
  identity.app.get(ClientSecrets).matches(await rowOf(id), secret, identity.clock.nowIso());
/** What guards hold of a client, once they have applied all that was answered. */
const record = (id: string) => identity.app.get(IdentityView, { strict: false }).clients.find(id);

beforeAll(async () => {
  await identity.open();
  people = await identity.tenants();
  await ada('POST /v1/virtual-accounts', { name: 'etl' });
});
afterAll(() => identity.close());

describe('POST /v1/oauth-clients', () => {
  it('makes a confidential client of a virtual account, and shows its secret this once', async () => {
    const { status, body, headers } = await ada('POST /v1/oauth-clients', machine);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      object: 'oauth_client',
      id: expect.stringMatching(/^client_[0-9A-Za-z]{16}$/),
      name: 'nightly',
      kind: 'confidential',
      status: 'active',
      token_endpoint_auth_method: 'client_secret_basic',
      resources: ['http://gateway.test'],
      virtual_account: expect.stringMatching(/^va_/),
      access_token_seconds: 900,
      created_by: people.ada.id,
    });
    expect(body.client_secret).toMatch(new RegExp(`^${CLIENT_SECRET_PATTERN.source}$`));
    expect(headers['location']).toBe(`/v1/oauth-clients/${body.id}`);
    expect(await proves(body.id, body.client_secret)).toBe(true);
    const { client_secret: _, ...shown } = body;
    expect((await ada(`GET /v1/oauth-clients/${body.id}`)).body).toEqual(shown);
  });

  it('makes a public client without a secret, and one that signs with public keys only', async () => {
    const open = await make(browser);
    expect([open.kind, open.client_secret, open.redacted_secret]).toEqual(['public', undefined, null]);
    const signing = { ...machine, token_endpoint_auth_method: 'private_key_jwt' };
    const { body } = await ada('POST /v1/oauth-clients', { ...signing, jwks: { keys: [{ ...jwk(), kid: '1' }] } });
    expect(body.jwks.keys).toEqual([expect.objectContaining({ kid: '1', alg: 'ES256', kty: 'EC' })]);
    expect(body.client_secret).toBeUndefined();
    const secret = { ...signing, jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } };
    const refused = await ada('POST /v1/oauth-clients', secret);
    expect([refused.status, refused.body.errors[0].pointer]).toEqual([422, '/jwks/keys/0']);
  });

  it('answers a repeated Idempotency-Key without the secret, and makes no second client', async () => {
    const headers = { 'idempotency-key': 'once' };
    const first = await ada('POST /v1/oauth-clients', { ...machine, name: 'once' }, headers);
    const again = await ada('POST /v1/oauth-clients', { ...machine, name: 'once' }, headers);
    expect(again.body).toEqual({ ...first.body, client_secret: undefined });
    expect(again.text).not.toContain(first.body.client_secret);
  });

  it.each<[string, object, number]>([
    ['mass assignment of an id', { ...machine, id: 'client_0000000000000000' }, 400],
    ['mass assignment of a secret', { ...machine, client_secret: 'mine' }, 400],
    ['an unknown scope', { ...machine, scopes: ['model:everything'] }, 400],
    ['no scope', { ...machine, scopes: [] }, 400],
    ['a wildcard scope', { ...machine, scopes: ['*'] }, 400],
    ['an unknown grant', { ...machine, grant_types: ['implicit'] }, 400],
    ['a token life of a day', { ...machine, access_token_seconds: 86_400 }, 400],
    ['a redirect to a script', { ...browser, redirect_uris: ['javascript:alert(1)'] }, 400],
    ['a redirect with a wildcard', { ...browser, redirect_uris: ['https://*.console.example/'] }, 400],
    ['an address to fetch keys from', { ...machine, jwks_uri: 'https://evil.example/jwks' }, 400],
    ['a resource that is no service of ours', { ...machine, resources: ['https://elsewhere.example'] }, 422],
    ['client credentials without an account', { ...machine, virtual_account: undefined }, 422],
    ['client credentials of a public client', { ...machine, token_endpoint_auth_method: 'none' }, 422],
    ['an account that does not exist', { ...machine, virtual_account: 'nobody' }, 404],
    ['a tenant that is another', { ...machine, tenant: 'globex' }, 404],
  ])('refuses %s', async (_what, body, status) => {
    expect((await ada('POST /v1/oauth-clients', body)).status).toBe(status);
  });

  it('stops a tenant that would crowd the others out of the guards, and leaves those alone', async () => {
    const fill = `insert into oauth_client_list_v1 (id, tenant_id, version, position, body)
      select 'client_fill' || n, 'globex', 1, n, '{"status": "deleted"}' from generate_series(1, ?) n`;
    const run = (sql: string, most: number) => identity.store.em.fork().execute(sql, [most]);
    await run(fill, rooms.clients.max);
    const { status, body } = await identity.ask(people.gil.key, 'POST /v1/oauth-clients', browser);
    expect([status, body.code]).toEqual([422, 'oauth-client/too-many']);
    expect((await ada('POST /v1/oauth-clients', browser)).status).toBe(201);
    await run(`delete from oauth_client_list_v1 where id like 'client_fill%' and position <= ?`, rooms.clients.max);
    expect((await identity.ask(people.gil.key, 'POST /v1/oauth-clients', browser)).status).toBe(201);
  });

  it('is 401 and 403 where it has to be', async () => {
    expect((await identity.ask(undefined, 'POST /v1/oauth-clients', machine)).status).toBe(401);
    expect((await identity.ask(people.con.key, 'POST /v1/oauth-clients', machine)).status).toBe(403);
  });
});

describe('GET /v1/oauth-clients', () => {
  it('pages through all, and filters by status and account', async () => {
    const all = (await ada('GET /v1/oauth-clients?limit=200')).body.data.map(({ id }: { id: string }) => id);
    const paged = (await identity.pages(people.ada.key, '/v1/oauth-clients', 2)).map(({ id }) => id);
    expect(paged).toEqual(all);
    const client = await make();
    await ada(`POST /v1/oauth-clients/${client.id}/disable`);
    const query = `status=disabled&virtual_account=${client.virtual_account}`;
    const { body } = await ada(`GET /v1/oauth-clients?${query}`);
    expect(body.data.map(({ id }: { id: string }) => id)).toEqual([client.id]);
    expect((await ada('GET /v1/oauth-clients?status=paused')).status).toBe(400);
    expect((await identity.ask(people.con.key, 'GET /v1/oauth-clients')).status).toBe(403);
  });
});

describe('PATCH /v1/oauth-clients/{id}', () => {
  it('changes what it names at the version that was read', async () => {
    const { id } = await make();
    const path = `PATCH /v1/oauth-clients/${id}`;
    const changed = await ada(path, { scopes: ['model:invoke', 'model:list'], name: 'hourly' }, { 'if-match': '"1"' });
    expect([changed.status, changed.body.name, changed.headers['etag']]).toEqual([200, 'hourly', '"2"']);
    expect(changed.body.scopes).toEqual(['model:invoke', 'model:list']);
    expect((await ada(path, { name: 'x' }, { 'if-match': undefined })).status).toBe(428);
    expect((await ada(path, { name: 'x' }, { 'if-match': '"1"' })).status).toBe(412);
    expect((await ada(path, {})).status).toBe(400);
    expect((await ada(path, { status: 'active' })).status).toBe(400);
    expect((await ada(path, { virtual_account: null })).status).toBe(422);
    expect((await ada('PATCH /v1/oauth-clients/client_x', { name: 'x' })).status).toBe(404);
    expect((await ada(`GET /v1/oauth-clients/${id}`)).body).toEqual({ ...changed.body, propagation: undefined });
  });

  it('that takes a scope away ends the tokens of before at every guard', async () => {
    const { id } = await make({ ...machine, scopes: ['model:invoke', 'model:list'] });
    await ada(`PATCH /v1/oauth-clients/${id}`, { name: 'same reach' });
    await waitFor(() => record(id)?.status === 'active');
    expect(record(id)?.notBefore).toBeNull();
    await ada(`PATCH /v1/oauth-clients/${id}`, { scopes: ['model:list'] });
    await waitFor(() => record(id)?.notBefore !== null, { what: 'the end of its tokens' });
  });
});

describe('POST /v1/oauth-clients/{id}/rotate-secret', () => {
  it('gives a new secret; the former one goes on for exactly as long as was said', async () => {
    const { id, client_secret: first } = await make();
    const { status, body } = await ada(`POST /v1/oauth-clients/${id}/rotate-secret`, { overlap_seconds: 60 });
    expect([status, body.client_secret === first]).toEqual([200, false]);
    expect([await proves(id, first), await proves(id, body.client_secret)]).toEqual([true, true]);
    const row = await rowOf(id);
    const justBefore = new Date(Date.parse(body.overlap_until) - 1).toISOString();
    const secrets = identity.app.get(ClientSecrets);
    expect(secrets.matches(row, first, justBefore)).toBe(true);
    expect(secrets.matches(row, first, body.overlap_until)).toBe(false);
    const third = await ada(`POST /v1/oauth-clients/${id}/rotate-secret`);
    expect([third.status, third.body.code]).toEqual([409, 'oauth-client/overlap-running']);
  });

  it('ends the former one at once without an overlap', async () => {
    const { id, client_secret: first } = await make();
    const { body } = await ada(`POST /v1/oauth-clients/${id}/rotate-secret`);
    expect([await proves(id, first), await proves(id, body.client_secret)]).toEqual([false, true]);
  });

  it('is 409 for a client without a secret, 404 for none, 400 for an overlap of a year', async () => {
    const open = await make(browser);
    expect((await ada(`POST /v1/oauth-clients/${open.id}/rotate-secret`)).body.code).toBe('oauth-client/no-secret');
    expect((await ada('POST /v1/oauth-clients/client_x/rotate-secret')).status).toBe(404);
    const { id } = await make();
    expect((await ada(`POST /v1/oauth-clients/${id}/rotate-secret`, { overlap_seconds: 31_536_000 })).status).toBe(400);
  });
});

describe('the end of a client', () => {
  it('that is disabled proves nothing, and revives no token when it is enabled again', async () => {
    const { id, client_secret: secret } = await make();
    const disabled = await ada(`POST /v1/oauth-clients/${id}/disable`, { reason: 'leaked' });
    expect([disabled.status, disabled.body.status, disabled.body.propagation]).toEqual([200, 'disabled', 'published']);
    expect(await proves(id, secret)).toBe(false);
    await waitFor(() => record(id)?.status === 'disabled');
    const { body } = await ada(`POST /v1/oauth-clients/${id}/enable`);
    expect([body.status, await proves(id, secret)]).toEqual(['active', true]);
    await waitFor(() => record(id)?.status === 'active');
    expect(Date.parse(record(id)?.notBefore ?? '')).toBeGreaterThan(0);
  });

  it('that is deleted is final: no step brings it back, and its secret is gone from the tables', async () => {
    const { id, client_secret: secret } = await make();
    expect((await ada(`DELETE /v1/oauth-clients/${id}`, undefined, { 'if-match': undefined })).status).toBe(428);
    const deleted = await ada(`DELETE /v1/oauth-clients/${id}`, undefined, { 'if-match': '"1"' });
    expect([deleted.status, deleted.body.status]).toEqual([200, 'deleted']);
    expect(await proves(id, secret)).toBe(false);
    expect((await rowOf(id)).secrets).toEqual([]);
    for (const step of ['enable', 'disable', 'rotate-secret']) {
      expect((await ada(`POST /v1/oauth-clients/${id}/${step}`)).status).toBe(404);
    }
    await waitFor(() => record(id)?.status === 'deleted');
  });

  it('comes with that of the account that it acts as', async () => {
    const account = (await ada('POST /v1/virtual-accounts', { name: 'short-lived' })).body.id;
    const { id } = await make({ ...machine, virtual_account: 'short-lived' });
    await ada(`DELETE /v1/virtual-accounts/${account}`, undefined);
    expect((await ada(`GET /v1/oauth-clients/${id}`)).body.status).toBe('disabled');
    await waitFor(() => record(id)?.status === 'disabled');
  });
});

describe('nobody gets an account’s rights by way of a client', () => {
  const statement = (id: string, actions: string[], resources: string[]) => ({
    id,
    effect: 'allow',
    actions,
    resources,
  });
  const role = (name: string, ...statements: object[]) => ({
    kind: 'Role' as const,
    metadata: { name },
    spec: { statements },
  });
  const clients = statement('clients', ['oauth-client:*'], ['oauth-client:**']);
  let eve: Awaited<ReturnType<Identity['person']>>;
  let mallory: Awaited<ReturnType<Identity['person']>>;

  beforeAll(async () => {
    const keys = statement('keys', ['key:create'], ['key:**']);
    await identity.publish('acme', [role('clients-only', clients), role('clients-and-keys', clients, keys)]);
    eve = await identity.person('acme', 'eve@acme.example', 'clients-only');
    mallory = await identity.person('acme', 'mallory@acme.example', 'clients-and-keys');
    await identity.grant('acme', { name: 'etl', subject: 'virtual-account:etl', role: 'manager' });
  });

  it.each([
    ['without the right to issue keys for it', () => eve.key, 'action_not_allowed'],
    ['beyond what they hold themselves', () => mallory.key, 'grant/not-held'],
  ])('%s', async (_what, key, code) => {
    const by = (route: string, body?: unknown) => identity.ask(key(), route, body);
    const bound = await make();
    const refused = [
      await by('POST /v1/oauth-clients', machine),
      await by(`PATCH /v1/oauth-clients/${bound.id}`, { name: 'mine' }),
      await by(`POST /v1/oauth-clients/${bound.id}/rotate-secret`),
    ];
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual(refused.map(() => [403, code]));
    // A client that acts for users only gives nobody anything, and to take away is not to get.
    expect((await by('POST /v1/oauth-clients', browser)).status).toBe(201);
    expect((await by(`POST /v1/oauth-clients/${bound.id}/disable`)).status).toBe(200);
  });
});
