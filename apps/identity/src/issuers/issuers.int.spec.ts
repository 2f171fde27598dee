import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rooms } from '../lists/tenant-room.js';
import { IssuersFixture } from './issuers.fixture.js';
import { ecKey } from './key-server.fixture.js';

const spec = new IssuersFixture();
beforeAll(() => spec.open());
afterAll(() => spec.close());

describe('POST /v1/issuers', () => {
  it('trusts an issuer whose keys are given, and tells every guard', async () => {
    const sent = spec.body({ mappings: [{ match: { sub: 'ci-*' }, as: { virtual_account: 'etl' }, teams: ['ci'] }] });
    const { status, body: got, headers } = await spec.ada('POST /v1/issuers', sent);
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
      created_by: spec.people.ada.id,
    });
    expect(headers['location']).toBe(`/v1/issuers/${got.id}`);
    expect(await spec.shown(got.id)).toEqual(got);
    await waitFor(() => spec.record(got.id) !== undefined);
    expect(spec.record(got.id)).toMatchObject({ tenantId: 'acme', issuer: sent.issuer, audiences: sent.audiences });
    expect(spec.record(got.id)?.mappings[0]?.as).toEqual({ virtualAccountId: got.mappings[0].as.virtual_account });
  });

  it('has one record for one issuer and audience, whatever the tenant, until it is deleted', async () => {
    const first = await spec.trust();
    const again = { ...spec.body(), audiences: ['another', ...first.audiences] };
    const theirs = { ...again, mappings: [{ match: { sub: 'x' }, as: { user_by: 'id', claim: 'sub' } }] };
    for (const [key, sent] of [
      [spec.people.ada.key, again],
      [spec.people.gil.key, theirs],
    ] as const) {
      const { status, body: problem } = await spec.identity.ask(key, 'POST /v1/issuers', sent);
      expect([status, problem.code]).toEqual([409, 'issuer/taken']);
    }
    await spec.ada(`DELETE /v1/issuers/${first.id}`);
    expect((await spec.identity.ask(spec.people.gil.key, 'POST /v1/issuers', theirs)).status).toBe(201);
  });

  it('stops a tenant that would crowd the others out of the guards', async () => {
    const { em } = spec.identity.store;
    const fill = `insert into issuer_list_v1 (id, tenant_id, version, position, body)
      select 'issuer_fill' || n, 'acme', 1, n, '{"status": "deleted"}' from generate_series(1, ?) n`;
    await em.fork().execute(fill, [rooms.issuers.max]);
    const { status, body } = await spec.ada('POST /v1/issuers', spec.body());
    expect([status, body.code]).toEqual([422, 'issuer/too-many']);
    await em.fork().execute(`delete from issuer_list_v1 where id like 'issuer_fill%'`);
    expect((await spec.ada('POST /v1/issuers', spec.body())).status).toBe(201);
  });

  it.each(['http://identity.test', 'http://identity.test/', 'http://IDENTITY.test'])(
    'never trusts our own issuer as somebody else’s: %s',
    async (issuer) => {
      const { status, body: problem } = await spec.ada('POST /v1/issuers', spec.body({ issuer }));
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
    expect((await spec.ada('POST /v1/issuers', spec.body(more))).status).toBe(status);
  });

  it('is 401 and 403 where it has to be', async () => {
    expect((await spec.identity.ask(undefined, 'POST /v1/issuers', spec.body())).status).toBe(401);
    expect((await spec.identity.ask(spec.people.con.key, 'POST /v1/issuers', spec.body())).status).toBe(403);
  });
});

describe('PATCH /v1/issuers/{id}', () => {
  it('changes what it names at the version that was read, and keeps the keys', async () => {
    const issuer = await spec.trust();
    const path = `PATCH /v1/issuers/${issuer.id}`;
    const audiences = ['elsewhere', ...issuer.audiences];
    const changed = await spec.ada(path, { audiences }, { 'if-match': '"1"' });
    expect([changed.status, changed.body.audiences, changed.body.keys]).toEqual([200, audiences, issuer.keys]);
    await waitFor(() => spec.record(issuer.id)?.audiences.length === 2);
    expect((await spec.ada(path, { audiences }, { 'if-match': '"1"' })).status).toBe(412);
    expect((await spec.ada(path, { audiences }, { 'if-match': undefined })).status).toBe(428);
    expect((await spec.ada(path, {})).status).toBe(400);
    expect((await spec.ada(path, { issuer: 'https://evil.example' })).status).toBe(400);
    expect((await spec.ada('PATCH /v1/issuers/issuer_x', { audiences })).status).toBe(404);
    // An audience that was let go is free.
    await spec.ada(path, { audiences: issuer.audiences });
    expect((await spec.ada('POST /v1/issuers', { ...spec.body(), audiences: ['elsewhere'] })).status).toBe(201);
  });
});

describe('the end of trust', () => {
  it('is told to every guard before it is answered, and what was issued before is not revived', async () => {
    const { id } = await spec.trust();
    const disabled = await spec.ada(`POST /v1/issuers/${id}/disable`, { reason: 'stolen keys' });
    expect([disabled.status, disabled.body.status, disabled.body.propagation]).toEqual([200, 'disabled', 'published']);
    await waitFor(() => spec.record(id)?.status === 'disabled');
    const enabled = await spec.ada(`POST /v1/issuers/${id}/enable`);
    expect(enabled.body.status).toBe('active');
    await waitFor(() => spec.record(id)?.status === 'active');
    expect(spec.record(id)?.notBefore).toBe(enabled.body.not_before);
    expect(enabled.body.not_before > disabled.body.not_before).toBe(true);
  });

  it('is final when it is deleted, and leaves no keys and no mapping behind', async () => {
    const { id } = await spec.trust();
    expect((await spec.ada(`DELETE /v1/issuers/${id}`, undefined, { 'if-match': undefined })).status).toBe(428);
    expect((await spec.ada(`DELETE /v1/issuers/${id}`, undefined, { 'if-match': '"1"' })).body.status).toBe('deleted');
    await waitFor(() => spec.record(id)?.status === 'deleted');
    expect(spec.record(id)).toMatchObject({ keys: [], mappings: [] });
    for (const step of ['enable', 'disable'])
      expect((await spec.ada(`POST /v1/issuers/${id}/${step}`)).status).toBe(404);
  });

  it('comes to our own issuer by nobody', async () => {
    await waitFor(() => spec.record('gatehouse') !== undefined);
    const { operator } = spec.identity;
    for (const step of ['disable', 'enable']) {
      expect((await spec.identity.ask(operator, `POST /v1/issuers/gatehouse/${step}`)).status).toBe(404);
    }
    expect((await spec.identity.ask(operator, 'DELETE /v1/issuers/gatehouse')).status).toBe(404);
    expect((await spec.identity.ask(operator, 'PATCH /v1/issuers/gatehouse', { audiences: ['x'] })).status).toBe(409);
    expect((await spec.ada('GET /v1/issuers/gatehouse')).status).toBe(404);
  });
});

describe('GET /v1/issuers', () => {
  it('pages through all, and filters by status and issuer', async () => {
    const all = (await spec.ada('GET /v1/issuers?limit=200')).body.data;
    const paged = (await spec.identity.pages(spec.people.ada.key, '/v1/issuers', 3)).map(({ id }) => id);
    expect(paged).toEqual(all.map(({ id }: { id: string }) => id));
    const { body: deleted } = await spec.ada('GET /v1/issuers?status=deleted');
    expect(deleted.data.every(({ status }: { status: string }) => status === 'deleted')).toBe(true);
    const other = await spec.trust({ issuer: 'https://other.example' });
    const { body: found } = await spec.ada(`GET /v1/issuers?issuer=${encodeURIComponent(other.issuer)}`);
    expect(found.data.map(({ id }: { id: string }) => id)).toEqual([other.id]);
    expect((await spec.ada('GET /v1/issuers?status=paused')).status).toBe(400);
    expect((await spec.identity.ask(spec.people.con.key, 'GET /v1/issuers')).status).toBe(403);
  });
});
