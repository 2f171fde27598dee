import { IdentityView } from '#libs/access';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Identity } from '../identity.fixture.js';
import { ecKey, json, KeyServer } from './key-server.fixture.js';

const identity = new Identity();
const server = new KeyServer();
let people: Awaited<ReturnType<Identity['tenants']>>;
const ada = (route: string, body?: unknown, headers?: Record<string, string | undefined>) =>
  identity.ask(people.ada.key, route, body, headers);
let count = 0;
/** A body that nobody has sent before: names and audiences are taken once. */
const body = (more: object = {}) => {
  count += 1;
  return {
    name: `idp-${count}`,
    issuer: 'https://idp.example',
    audiences: [`audience-${count}`],
    jwks: { keys: [ecKey('1').jwk] },
    mappings: [{ match: { sub: 'ci' }, as: { virtual_account: 'etl' } }],
    ...more,
  };
};
const trust = async (more: object = {}) => (await ada('POST /v1/issuers', body(more))).body;
const fetched = (more: object = {}) =>
  trust({ issuer: server.url, jwks: undefined, jwks_uri: `${server.url}/jwks`, ...more });
const record = (id: string) => identity.app.get(IdentityView, { strict: false }).issuers.find(id);
const kids = (id: string) =>
  record(id)
    ?.keys.map(({ kid }) => kid)
    .join();
const shown = async (id: string) => (await ada(`GET /v1/issuers/${id}`)).body;
/** The fetch is over, and its keys have reached the guards. */
const arrived = (id: string, expected: string) =>
  waitFor(async () => kids(id) === expected && (await shown(id)).keys_fetched_at !== null, { what: expected });

beforeAll(async () => {
  await identity.open();
  await server.open();
  people = await identity.tenants();
  await ada('POST /v1/virtual-accounts', { name: 'etl' });
  await ada('POST /v1/teams', { name: 'ci' });
});
afterAll(async () => {
  await identity.close();
  await server.close();
});

describe('POST /v1/issuers', () => {
  it('trusts an issuer whose keys are given, and tells every guard', async () => {
    const sent = body({ mappings: [{ match: { sub: 'ci-*' }, as: { virtual_account: 'etl' }, teams: ['ci'] }] });
    const { status, body: got, headers } = await ada('POST /v1/issuers', sent);
    expect(status).toBe(201);
    expect(got).toMatchObject({
      object: 'issuer',
      name: sent.name,
      status: 'active',
      keys_from: 'static',
      keys: [{ kid: '1', algorithm: 'ES256' }],
      keys_until: null,
      token_types: ['jwt'],
      token_lifetime_seconds_max: 3_600,
      mappings: [{ match: { sub: 'ci-*' }, as: { virtual_account: expect.stringMatching(/^va_/) }, teams: ['ci'] }],
      created_by: people.ada.id,
    });
    expect(headers['location']).toBe(`/v1/issuers/${got.id}`);
    expect(await shown(got.id)).toEqual(got);
    await waitFor(() => record(got.id) !== undefined);
    expect(record(got.id)).toMatchObject({ tenantId: 'acme', issuer: sent.issuer, audiences: sent.audiences });
    expect(record(got.id)?.mappings[0]?.as).toEqual({ virtualAccountId: got.mappings[0].as.virtual_account });
  });

  it('has one record for one issuer and audience, whatever the tenant, until it is deleted', async () => {
    const first = await trust();
    const again = { ...body(), audiences: ['another', ...first.audiences] };
    const theirs = { ...again, mappings: [{ match: { sub: 'x' }, as: { user_by: 'id', claim: 'sub' } }] };
    for (const [key, sent] of [
      [people.ada.key, again],
      [people.gil.key, theirs],
    ] as const) {
      const { status, body: problem } = await identity.ask(key, 'POST /v1/issuers', sent);
      expect([status, problem.code]).toEqual([409, 'issuer/taken']);
    }
    await ada(`DELETE /v1/issuers/${first.id}`);
    expect((await identity.ask(people.gil.key, 'POST /v1/issuers', theirs)).status).toBe(201);
  });

  it.each(['http://identity.test', 'http://identity.test/', 'http://IDENTITY.test'])(
    'never trusts our own issuer as somebody else’s: %s',
    async (issuer) => {
      const { status, body: problem } = await ada('POST /v1/issuers', body({ issuer }));
      expect([status, problem.errors[0].detail]).toEqual([422, expect.stringContaining('our own issuer')]);
    },
  );

  it.each<[string, object, number]>([
    ['plain http', { issuer: 'http://idp.example' }, 422],
    ['an issuer at a private address', { issuer: 'https://10.0.0.1' }, 422],
    ['keys at the cloud’s metadata', { jwks: undefined, jwks_uri: 'https://169.254.169.254/' }, 422],
    ['keys from two places', { jwks_uri: 'https://idp.example/jwks' }, 400],
    ['a shared secret', { jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0', kid: '1' }] } }, 422],
    ['two keys with one kid', { jwks: { keys: [ecKey('1').jwk, ecKey('1').jwk] } }, 422],
    ['no audience', { audiences: [] }, 400],
    ['no mapping', { mappings: [] }, 400],
    ['a mapping of whatever token', { mappings: [{ match: {}, as: { virtual_account: 'etl' } }] }, 400],
    [
      'a mapping to both',
      { mappings: [{ match: { a: 'b' }, as: { virtual_account: 'etl', user_by: 'id', claim: 'a' } }] },
      400,
    ],
    ['a mapping to nobody', { mappings: [{ match: { a: 'b' }, as: { virtual_account: 'nobody' } }] }, 404],
    ['a mapping to another tenant’s', { mappings: [{ match: { a: 'b' }, as: { virtual_account: 'va_0' } }] }, 404],
    [
      'a team that does not exist',
      { mappings: [{ match: { a: 'b' }, as: { virtual_account: 'etl' }, teams: ['no'] }] },
      404,
    ],
    ['tokens that live for a week', { token_lifetime_seconds_max: 604_800 }, 400],
    ['mass assignment of a status', { status: 'active' }, 400],
    ['mass assignment of a moment', { not_before: null }, 400],
    ['another tenant', { tenant: 'globex' }, 404],
  ])('refuses %s', async (_what, more, status) => {
    expect((await ada('POST /v1/issuers', body(more))).status).toBe(status);
  });

  it('is 401 and 403 where it has to be', async () => {
    expect((await identity.ask(undefined, 'POST /v1/issuers', body())).status).toBe(401);
    expect((await identity.ask(people.con.key, 'POST /v1/issuers', body())).status).toBe(403);
  });
});

describe('keys that are fetched', () => {
  it('reach every guard; one that the issuer withdraws is gone with the next look, and its successor is there', async () => {
    server.answer = json({ keys: [ecKey('old').jwk] });
    const { id } = await fetched();
    await arrived(id, 'old');
    expect((await shown(id)).last_error).toBeNull();
    server.answer = json({ keys: [ecKey('old').jwk, ecKey('new').jwk] });
    identity.clock.shiftMs += 360_000;
    await waitFor(() => kids(id) === 'old,new', { what: 'both keys' });
    server.answer = json({ keys: [ecKey('new').jwk] });
    identity.clock.shiftMs += 360_000;
    await waitFor(() => kids(id) === 'new', { what: 'the new key alone' });
  });

  it('stay while their issuer is down, which is shown, and are asked for again when somebody is in a hurry', async () => {
    server.answer = json({ keys: [ecKey('kept').jwk] });
    const { id } = await fetched();
    await arrived(id, 'kept');
    const until = record(id)?.keysUntil;
    server.answer = (_request, response) => response.writeHead(503).end();
    identity.clock.shiftMs += 360_000;
    await waitFor(async () => (await shown(id)).last_error === 'jwks/status');
    expect([kids(id), record(id)?.keysUntil]).toEqual(['kept', until]);
    server.answer = json({ keys: [ecKey('next').jwk] });
    identity.clock.shiftMs += 31_000;
    expect((await ada(`POST /v1/issuers/${id}/refresh`)).status).toBe(202);
    await waitFor(() => kids(id) === 'next');
    await waitFor(async () => (await shown(id)).last_error === null);
  });

  it('are asked for once, however many are in a hurry', async () => {
    server.answer = json({ keys: [ecKey('1').jwk] });
    const { id } = await fetched({ jwks_uri: `${server.url}/hurried` });
    await arrived(id, '1');
    const asked = () => server.asked.filter((url) => url === '/hurried').length;
    const before = asked();
    await Promise.all(Array.from({ length: 10 }, () => ada(`POST /v1/issuers/${id}/refresh`)));
    expect(asked()).toBe(before);
    identity.clock.shiftMs += 31_000;
    await waitFor(() => asked() === before + 1);
    await ada(`POST /v1/issuers/${id}/refresh`);
    expect(asked()).toBe(before + 1);
  });

  it('of a set that gives a secret away are not taken', async () => {
    server.answer = json({ keys: [ecKey('good').jwk, { kty: 'oct', k: 'c2VjcmV0', kid: 'bad' }] });
    const { id } = await fetched();
    await waitFor(async () => (await shown(id)).last_error === 'jwks/private-key');
    expect(kids(id)).toBe('');
  });

  it('are found by discovery where no address is given', async () => {
    server.answer = (request, response) => {
      const document = { issuer: `${server.url}/tenant`, jwks_uri: `${server.url}/keys` };
      (request.url?.endsWith('configuration') ? json(document) : json({ keys: [ecKey('found').jwk] }))(
        request,
        response,
      );
    };
    const { id } = await trust({ issuer: `${server.url}/tenant`, jwks: undefined });
    await waitFor(() => kids(id) === 'found');
    expect(server.asked).toContain('/tenant/.well-known/openid-configuration');
  });

  it('of a place that was left are dropped at once', async () => {
    server.answer = json({ keys: [ecKey('1').jwk] });
    const { id } = await fetched();
    await arrived(id, '1');
    const { status, body: got } = await ada(`PATCH /v1/issuers/${id}`, { jwks: { keys: [ecKey('given').jwk] } });
    expect([status, got.keys_from, got.keys_fetched_at]).toEqual([200, 'static', null]);
    await waitFor(() => kids(id) === 'given');
    expect((await ada(`POST /v1/issuers/${id}/refresh`)).body.code).toBe('issuer/nothing-to-fetch');
  });
});

describe('PATCH /v1/issuers/{id}', () => {
  it('changes what it names at the version that was read, and keeps the keys', async () => {
    const issuer = await trust();
    const path = `PATCH /v1/issuers/${issuer.id}`;
    const audiences = ['elsewhere', ...issuer.audiences];
    const changed = await ada(path, { audiences }, { 'if-match': '"1"' });
    expect([changed.status, changed.body.audiences, changed.body.keys]).toEqual([200, audiences, issuer.keys]);
    await waitFor(() => record(issuer.id)?.audiences.length === 2);
    expect((await ada(path, { audiences }, { 'if-match': '"1"' })).status).toBe(412);
    expect((await ada(path, { audiences }, { 'if-match': undefined })).status).toBe(428);
    expect((await ada(path, {})).status).toBe(400);
    expect((await ada(path, { issuer: 'https://evil.example' })).status).toBe(400);
    expect((await ada('PATCH /v1/issuers/issuer_x', { audiences })).status).toBe(404);
    // An audience that was let go is free.
    await ada(path, { audiences: issuer.audiences });
    expect((await ada('POST /v1/issuers', { ...body(), audiences: ['elsewhere'] })).status).toBe(201);
  });
});

describe('the end of trust', () => {
  it('is told to every guard before it is answered, and what was issued before is not revived', async () => {
    const { id } = await trust();
    const disabled = await ada(`POST /v1/issuers/${id}/disable`, { reason: 'stolen keys' });
    expect([disabled.status, disabled.body.status, disabled.body.propagation]).toEqual([200, 'disabled', 'published']);
    await waitFor(() => record(id)?.status === 'disabled');
    const enabled = await ada(`POST /v1/issuers/${id}/enable`);
    expect(enabled.body.status).toBe('active');
    await waitFor(() => record(id)?.status === 'active');
    expect(record(id)?.notBefore).toBe(enabled.body.not_before);
    expect(enabled.body.not_before > disabled.body.not_before).toBe(true);
  });

  it('is final when it is deleted, and leaves no keys and no mapping behind', async () => {
    const { id } = await trust();
    expect((await ada(`DELETE /v1/issuers/${id}`, undefined, { 'if-match': undefined })).status).toBe(428);
    expect((await ada(`DELETE /v1/issuers/${id}`, undefined, { 'if-match': '"1"' })).body.status).toBe('deleted');
    await waitFor(() => record(id)?.status === 'deleted');
    expect(record(id)).toMatchObject({ keys: [], mappings: [] });
    for (const step of ['enable', 'disable']) expect((await ada(`POST /v1/issuers/${id}/${step}`)).status).toBe(404);
  });

  it('comes to our own issuer by nobody', async () => {
    await waitFor(() => record('gatehouse') !== undefined);
    const { operator } = identity;
    for (const step of ['disable', 'enable']) {
      expect((await identity.ask(operator, `POST /v1/issuers/gatehouse/${step}`)).status).toBe(404);
    }
    expect((await identity.ask(operator, 'DELETE /v1/issuers/gatehouse')).status).toBe(404);
    expect((await identity.ask(operator, 'PATCH /v1/issuers/gatehouse', { audiences: ['x'] })).status).toBe(409);
    expect((await ada('GET /v1/issuers/gatehouse')).status).toBe(404);
  });
});

describe('GET /v1/issuers', () => {
  it('pages through all, and filters by status and issuer', async () => {
    const all = (await ada('GET /v1/issuers?limit=200')).body.data;
    const paged = (await identity.pages(people.ada.key, '/v1/issuers', 3)).map(({ id }) => id);
    expect(paged).toEqual(all.map(({ id }: { id: string }) => id));
    const { body: deleted } = await ada('GET /v1/issuers?status=deleted');
    expect(deleted.data.every(({ status }: { status: string }) => status === 'deleted')).toBe(true);
    const { body: found } = await ada(`GET /v1/issuers?issuer=${encodeURIComponent(server.url)}`);
    expect(new Set(found.data.map(({ issuer }: { issuer: string }) => issuer))).toEqual(new Set([server.url]));
    expect((await ada('GET /v1/issuers?status=paused')).status).toBe(400);
    expect((await identity.ask(people.con.key, 'GET /v1/issuers')).status).toBe(403);
  });
});

describe('nobody gets rights by way of an issuer', () => {
  const allow = (id: string, actions: string[], resources: string[]) => ({ id, effect: 'allow', actions, resources });
  const issuers = allow('issuers', ['issuer:*'], ['issuer:**']);
  const everything = allow('people', ['key:create', 'team:edit'], ['key:**', 'team:**']);
  const role = (name: string, ...statements: object[]) => {
    return { kind: 'Role' as const, metadata: { name }, spec: { statements } };
  };
  let eve: Awaited<ReturnType<Identity['person']>>;
  let mallory: Awaited<ReturnType<Identity['person']>>;

  beforeAll(async () => {
    await identity.publish('acme', [role('issuers-only', issuers), role('issuers-and-keys', issuers, everything)]);
    eve = await identity.person('acme', 'eve@acme.example', 'issuers-only');
    mallory = await identity.person('acme', 'mallory@acme.example', 'issuers-and-keys');
    await identity.grant('acme', { name: 'etl', subject: 'virtual-account:etl', role: 'manager' });
  });

  it.each([
    ['a virtual account', { as: { virtual_account: 'etl' } }],
    ['whichever user a claim names', { as: { user_by: 'email', claim: 'email' } }],
  ])('of %s', async (_what, mapping) => {
    const mappings = [{ match: { sub: 'me' }, ...mapping }];
    const { id } = await trust({ mappings });
    for (const [key, code] of [
      [eve.key, 'action_not_allowed'],
      [mallory.key, 'grant/not-held'],
    ] as const) {
      const answers = [
        await identity.ask(key, 'POST /v1/issuers', body({ mappings })),
        await identity.ask(key, `PATCH /v1/issuers/${id}`, { jwks: { keys: [ecKey('mine').jwk] } }),
      ];
      expect(answers.map(({ status, body: problem }) => [status, problem.code])).toEqual([
        [403, code],
        [403, code],
      ]);
    }
    expect((await identity.ask(eve.key, `POST /v1/issuers/${id}/disable`)).status).toBe(200);
  });

  it('of a team', async () => {
    const held = (await identity.ask(mallory.key, 'POST /v1/virtual-accounts', { name: 'x' })).status;
    expect(held).toBe(403);
    await ada('POST /v1/virtual-accounts', { name: 'powerless' });
    const as = { virtual_account: 'powerless' };
    const sent = (teams: string[]) => body({ mappings: [{ match: { sub: 'me' }, as, teams }] });
    expect((await identity.ask(mallory.key, 'POST /v1/issuers', sent([]))).status).toBe(201);
    const refused = await identity.ask(mallory.key, 'POST /v1/issuers', sent(['ci']));
    expect([refused.status, refused.body.code]).toEqual([403, 'grant/not-held']);
  });
});
