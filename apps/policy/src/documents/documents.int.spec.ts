import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { account, binding, bundle, document, Policy, role } from '../policy.fixture.js';

const policy = new Policy();
const put = (name: string, sentence: string, headers?: Record<string, string | undefined>) => {
  const { spec } = JSON.parse(role(name, 'acme', sentence)) as { spec: object };
  return policy.ask('ada', `PUT /v1/roles/${name}`, { spec }, headers);
};

beforeAll(() => policy.open());
afterAll(() => policy.close());

describe('PUT and GET of one document', () => {
  it('sets it as the next revision and shows it with its own version', async () => {
    const set = await put('one', 'first');
    expect([set.status, set.body.changed]).toEqual([200, true]);
    const got = await policy.ask('ada', 'GET /v1/roles/one');
    expect(got.status).toBe(200);
    expect(got.body).toMatchObject({
      object: 'policy_document',
      kind: 'Role',
      metadata: { name: 'one', tenant: 'acme' },
    });
    expect(got.headers['etag']).toBe(`"${got.body.revision}"`);
    expect(set.headers['etag']).toBe(got.headers['etag']);
  });

  it('answers the document’s version also where nothing changed, so that it can be changed next', async () => {
    await put('steady', 'first');
    await put('another', 'meanwhile');
    const same = await put('steady', 'first');
    expect(same.body.changed).toBe(false);
    const { headers } = await policy.ask('ada', 'GET /v1/roles/steady');
    expect(same.headers['etag']).toBe(headers['etag']);
    expect((await put('steady', 'second', { 'if-match': same.headers['etag'] ?? '' })).status).toBe(200);
  });

  it('is 412 at a version that is not the document’s, whoever else’s changed', async () => {
    const { headers } = await put('versioned', 'first');
    await put('unrelated', 'x');
    expect((await put('versioned', 'second', { 'if-match': headers['etag'] ?? '' })).status).toBe(200);
    const late = await put('versioned', 'third', { 'if-match': headers['etag'] ?? '' });
    expect([late.status, late.body.code]).toEqual([412, 'precondition/failed']);
    expect((await put('fresh', 'x', { 'if-match': '"0"' })).status).toBe(200);
    expect((await put('fresh', 'y', { 'if-match': '"0"' })).status).toBe(412);
    expect((await put('fresh', 'y', { 'if-match': 'nonsense' })).status).toBe(412);
  });

  it('is 428 without If-Match, changed or deleted, and leaves what is there', async () => {
    const { headers } = await put('guarded', 'first');
    for (const unread of [
      await put('guarded', 'second', { 'if-match': undefined }),
      await policy.ask('ada', 'DELETE /v1/roles/guarded', undefined, { 'if-match': undefined }),
    ]) {
      expect([unread.status, unread.body.code]).toEqual([428, 'precondition/required']);
    }
    expect((await policy.ask('ada', 'GET /v1/roles/guarded')).headers['etag']).toBe(headers['etag']);
  });

  it('is 400 for unknown fields of the body, 422 with a place for mistakes of the document', async () => {
    const body = { spec: {}, metadata: { tenant: 'globex' } };
    expect((await policy.ask('ada', 'PUT /v1/roles/x', body)).status).toBe(400);
    const { status, body: problem } = await policy.ask('ada', 'PUT /v1/roles/x', { spec: { statement: [] } });
    expect([status, problem.errors[0].file]).toEqual([422, 'roles/x']);
    expect((await policy.ask('ada', 'PUT /v1/roles/Not%20A%20Name', { spec: { statements: [] } })).status).toBe(422);
  });

  it('is 401, 403 and 404 where it has to be; who may not learns nothing of what is wrong or there', async () => {
    const bad = { spec: { subjects: ['user:nobody@acme.example'], roles: ['viewer'] } };
    expect((await policy.ask(undefined, 'PUT /v1/role-bindings/x', bad)).status).toBe(401);
    for (const body of [bad, { spec: {} }]) {
      expect((await policy.ask('con', 'PUT /v1/role-bindings/x', body)).status).toBe(403);
      expect((await policy.ask('con', 'PUT /v1/role-bindings/admins', body, { 'if-match': '"9"' })).status).toBe(403);
    }
    expect((await policy.ask('con', 'GET /v1/role-bindings')).status).toBe(403);
    expect((await policy.ask('con', 'DELETE /v1/role-bindings/admins')).status).toBe(403);
    expect((await policy.ask('ada', 'GET /v1/roles/none')).status).toBe(404);
  });
});

describe('DELETE of one document', () => {
  it('takes it out of force at the version that was read, and is 404 then', async () => {
    const { headers } = await put('doomed', 'x');
    expect((await policy.ask('ada', 'DELETE /v1/roles/doomed', undefined, { 'if-match': '"1"' })).status).toBe(412);
    const { status, body } = await policy.ask('ada', 'DELETE /v1/roles/doomed', undefined, {
      'if-match': headers['etag'] ?? '',
    });
    expect([status, body.changes]).toEqual([200, [{ kind: 'Role', name: 'doomed', change: 'deleted' }]]);
    expect((await policy.ask('ada', 'GET /v1/roles/doomed')).status).toBe(404);
    expect((await policy.ask('ada', 'DELETE /v1/roles/doomed')).status).toBe(404);
    expect((await put('doomed', 'back')).status).toBe(200);
  });

  it('tells which documents name what went', async () => {
    const model = document('Model', 'acme', 'left/behind', { upstreamModel: 'behind', types: ['chat'] });
    await policy.apply('ada', bundle(account('left'), model));
    const { status, body } = await policy.ask('ada', 'DELETE /v1/provider-accounts/left');
    expect(status).toBe(200);
    expect(body.warnings).toMatchObject([{ document: 'Model/left/behind', rule: 'unknown-provider-account' }]);
    expect((await policy.ask('ada', 'DELETE /v1/models/left/behind')).body.warnings).toEqual([]);
  });

  it('does not take away a role that somebody is bound to, and says who', async () => {
    await put('bound', 'x');
    await policy.apply('ada', binding('bound', 'user:user_con', ['bound']));
    const { status, body } = await policy.ask('ada', 'DELETE /v1/roles/bound');
    expect(status).toBe(422);
    expect(body.errors[0].message).toContain('RoleBinding/bound');
  });
});

describe('lists of documents', () => {
  it('page through the tenant’s and the platform’s exactly once', async () => {
    const own = Array.from({ length: 5 }, (_, i) => role(`paged-${i}`));
    await policy.apply('ada', bundle(...own, account('main')));
    await policy.apply('operator', bundle(role('paged-2', 'platform'), role('shared', 'platform')));
    type Item = { metadata: { name: string; tenant: string } };
    const key = ({ metadata }: Item) => `${metadata.tenant}/${metadata.name}`;
    const all = (await policy.ask('ada', 'GET /v1/roles?limit=200')).body.data.map(key);
    for (const limit of [1, 2, 3]) {
      expect((await policy.pages<Item>('ada', '/v1/roles', limit)).map(key)).toEqual(all);
    }
    expect(all).toEqual(expect.arrayContaining(['acme/paged-2', 'platform/paged-2', 'platform/shared']));
    expect(new Set(all).size).toBe(all.length);
    expect((await policy.named('operator', 'roles')).toSorted()).toEqual(['paged-2', 'shared']);
    expect((await policy.ask('gil', 'GET /v1/roles')).text).not.toContain('paged-0');
  });

  it.each(['limit=0', 'after=x', `after=${btoa('[1]')}`, `after=${btoa('["acme","\\u0000"]')}`, 'colour=red'])(
    'are 400 for ?%s',
    async (query) => {
      expect((await policy.ask('ada', `GET /v1/roles?${query}`)).status).toBe(400);
    },
  );
});
