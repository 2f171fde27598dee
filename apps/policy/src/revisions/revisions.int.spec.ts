import { PolicyView } from '#libs/access';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { binding, bundle, Policy, role } from '../policy.fixture.js';

const policy = new Policy();
const revision = async (n: number) => (await policy.ask('ada', `GET /v1/revisions/${n}`)).body;
const setOf = async (n: number) =>
  (await policy.ask('ada', `GET /v1/revisions/${n}/documents`)).body.data.map(
    ({ kind, metadata, spec }: { kind: string; metadata: { name: string }; spec: object }) => ({
      id: `${kind}/${metadata.name}`,
      spec,
    }),
  );
const ids = async (n: number) => (await setOf(n)).map(({ id }: { id: string }) => id);

beforeAll(async () => {
  await policy.open();
  const why = { reason: 'covers for a colleague' };
  await policy.apply('ada', bundle(role('a'), role('b'), binding('bound', 'user:user_con', ['a'], 'acme', why)));
  await policy.apply('ada', bundle(role('b', 'acme', 'changed'), role('c')), '?reason=second+thoughts');
  await policy.ask('ada', 'DELETE /v1/roles/c');
});
afterAll(() => policy.close());

describe('reading revisions', () => {
  it('gives the set as it was at each of them', async () => {
    const first = ['RoleBinding/admins'];
    expect(await ids(1)).toEqual(first);
    expect(await ids(2)).toEqual(['Role/a', 'Role/b', 'RoleBinding/admins', 'RoleBinding/bound']);
    expect(await ids(3)).toEqual(['Role/a', 'Role/b', 'Role/c', 'RoleBinding/admins', 'RoleBinding/bound']);
    expect(await ids(4)).toEqual(await ids(2));
    const spec = async (n: number) => (await setOf(n)).find(({ id }: { id: string }) => id === 'Role/b').spec;
    expect(JSON.stringify(await spec(2))).not.toContain('changed');
    expect(JSON.stringify(await spec(3))).toContain('changed');
  });

  it('lists them newest first, each once, with who, why and what', async () => {
    const paged = await policy.pages<{ revision: number }>('ada', '/v1/revisions', 1);
    expect(paged.map((each) => each.revision)).toEqual([4, 3, 2, 1]);
    const about = { object: 'revision', revision: 3, author: 'user_ada', reason: 'second thoughts', rollback_of: null };
    expect(await revision(3)).toMatchObject({
      ...about,
      document_count: 5,
      set_digest: expect.stringMatching(/^2:[0-9a-f]{64}$/),
    });
    expect((await revision(4)).changes).toEqual([{ kind: 'Role', name: 'c', change: 'deleted' }]);
  });

  it('is 400, 401, 403 and 404 where it has to be', async () => {
    const asked = ['revisions/0', 'revisions/x', 'revisions/-1', 'revisions/1e3', 'revisions?limit=0'];
    const cursors = [`revisions?after=${btoa('["x"]')}`, `revisions?after=${btoa('[null]')}`, 'revisions?after=x'];
    for (const path of [...asked, ...cursors])
      expect([path, (await policy.ask('ada', `GET /v1/${path}`)).status]).toEqual([path, 400]);
    expect((await policy.ask('ada', 'GET /v1/revisions/99')).status).toBe(404);
    expect((await policy.ask('ada', 'GET /v1/revisions/99/documents')).status).toBe(404);
    expect((await policy.ask('con', 'GET /v1/revisions')).status).toBe(403);
    expect((await policy.ask(undefined, 'GET /v1/revisions')).status).toBe(401);
  });
});

describe('the difference between two revisions', () => {
  const difference = async (n: number, query = '') =>
    (await policy.ask('ada', `GET /v1/revisions/${n}/difference${query}`)).body;

  it('names documents, and in changed ones each field with what it was and is', async () => {
    expect(await difference(3)).toMatchObject({ object: 'revision_difference', from: 2, to: 3, more_documents: 0 });
    const { documents } = await difference(3);
    expect(documents.map(({ kind, name, change }: Record<string, string>) => `${change} ${kind}/${name}`)).toEqual([
      'changed Role/b',
      'added Role/c',
    ]);
    expect(documents[0].fields.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['/spec/statements']);
    expect((await difference(4)).documents).toEqual([{ kind: 'Role', name: 'c', change: 'deleted', fields: [] }]);
  });

  it('reads either way, from the empty set too, and shows addresses and reasons as they were written', async () => {
    expect((await difference(2, '?from=4')).documents).toMatchObject([{ change: 'changed', name: 'b' }]);
    expect((await difference(1, '?from=4')).documents.map(({ change }: { change: string }) => change)).toEqual([
      'deleted',
      'deleted',
      'deleted',
    ]);
    expect((await difference(1, '?from=0')).documents).toMatchObject([{ change: 'added', name: 'admins' }]);
  });

  it('is 400, 403 and 404 where it has to be', async () => {
    expect((await policy.ask('ada', 'GET /v1/revisions/1/difference?from=x')).status).toBe(400);
    expect((await policy.ask('con', 'GET /v1/revisions/1/difference')).status).toBe(403);
    expect((await policy.ask('ada', 'GET /v1/revisions/99/difference')).status).toBe(404);
    expect((await policy.ask('ada', 'GET /v1/revisions/1/difference?from=99')).status).toBe(404);
  });
});

describe('rolling back', () => {
  it('restores exactly the set of that revision, as a new one, that guards take over', async () => {
    const { status, body } = await policy.ask('ada', 'POST /v1/revisions/2/rollback', { reason: 'it was better' });
    expect([status, body.revision, body.changed]).toEqual([200, 5, true]);
    const [target, restored] = [await revision(2), await revision(5)];
    expect(restored).toMatchObject({
      set_digest: target.set_digest,
      document_count: 4,
      rollback_of: 2,
      reason: 'it was better',
    });
    expect(await setOf(5)).toEqual(await setOf(2));
    const view = policy.app.get(PolicyView, { strict: false });
    await waitFor(() => view.snapshot('acme')?.policyRevision === 5);
    expect(view.alarms()).toEqual([]);
  });

  it('to what is in force makes no revision, and to what changed back in between neither', async () => {
    const { body } = await policy.ask('ada', 'POST /v1/revisions/5/rollback', {});
    expect(body).toMatchObject({ revision: 5, changed: false });
    expect((await policy.ask('ada', 'POST /v1/revisions/2/rollback')).body.changed).toBe(false);
  });

  it('to the first and forth again loses nothing', async () => {
    await policy.ask('ada', 'POST /v1/revisions/1/rollback', {});
    await policy.ask('ada', 'POST /v1/revisions/5/rollback', {});
    expect((await revision(7)).set_digest).toBe((await revision(5)).set_digest);
  });

  it('is 400, 401, 403 and 404 where it has to be', async () => {
    expect((await policy.ask('ada', 'POST /v1/revisions/99/rollback', {})).status).toBe(404);
    expect((await policy.ask('ada', 'POST /v1/revisions/1/rollback', { force: true })).status).toBe(400);
    expect((await policy.ask('con', 'POST /v1/revisions/1/rollback', {})).status).toBe(403);
    expect((await policy.ask(undefined, 'POST /v1/revisions/1/rollback', {})).status).toBe(401);
  });
});

describe('a list', () => {
  it.each(['document_history_v1', 'revision_list_v1'])(
    '%s is the same when it is built again, and when every event comes twice',
    async (name) => {
      const content = async () => JSON.stringify(await policy.rows(`select * from ${name} t order by t::text`));
      const live = await content();
      await policy.store.projections.rebuild(name);
      expect(await content()).toBe(live);
      await policy.store.em.fork().execute('update projections set position = 0 where name = ?', [name]);
      await policy.store.projections.catchUp();
      expect(await content()).toBe(live);
    },
  );
});
