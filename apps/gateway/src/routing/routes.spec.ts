import { describe, expect, it } from 'vitest';
import { chat, client, codeOf, post } from '../pipeline/pipeline.fixture.js';
import { document, routed, targets } from './routed.fixture.js';

const asked = { ...chat, model: 'assistant' };

describe('a route', () => {
  it('leads a caller without the first target to the next that it may use, and never to a dearer one', async () => {
    const edge = await routed({});
    const answer = await post(edge, asked);
    expect(((await answer.json()) as { model: string }).model).toBe('up-good');
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'gatehouse-resolved-model': 'main/good',
      'gatehouse-applied-rules': 'Route/premium-or-open',
    });
    const [decided, completed] = edge.spool.records;
    const models = { requested_model: 'assistant', resolved_model: 'main/good' };
    expect(decided).toMatchObject({ ...models, outcome: 'allow', reason: 'downgraded', resource: 'main/good' });
    expect(decided).toMatchObject({ applied_rules: ['Route/premium-or-open'] });
    expect(completed).toMatchObject({ ...models, cost: expect.stringMatching(/[1-9]/u) });
  });

  it('takes the first target as granted, where the caller may use it', async () => {
    const edge = await routed({ targets: targets.slice(2) });
    expect((await post(edge, asked)).headers.get('gatehouse-resolved-model')).toBe('main/good');
    expect(edge.spool.records[0]).toMatchObject({ reason: 'granted' });
  });

  it('redirects where it says so, and only to what the caller may use', async () => {
    const allowed = await routed({ onDenied: { redirect: 'main/cheap' } });
    expect((await post(allowed, asked)).headers.get('gatehouse-resolved-model')).toBe('main/cheap');
    expect(allowed.spool.records[0]).toMatchObject({ reason: 'redirected' });
    const denied = await routed({ onDenied: { redirect: 'main/best' } });
    expect(await codeOf(await post(denied, asked))).toBe('400 missing_provider_account');
    expect(denied.upstreamRequests).toEqual([]);
  });

  it('that refuses leads no further, and neither record nor header names what was not called', async () => {
    const edge = await routed({ onDenied: 'refuse' });
    const answer = await post(edge, asked);
    expect(answer.headers.get('gatehouse-resolved-model')).toBeNull();
    expect(answer.headers.get('gatehouse-applied-rules')).toBeNull();
    expect(await codeOf(answer)).toBe('400 missing_provider_account');
    expect(edge.spool.records[0]).toMatchObject({ outcome: 'deny', resolved_model: '' });
    expect(edge.upstreamRequests).toEqual([]);
  });

  it('in front of a real model takes its place', async () => {
    const edge = await routed({ model: 'main/dear', targets: [{ model: 'main/cheap' }] });
    const answer = await post(edge, { ...chat, model: 'main/dear' });
    expect(answer.headers.get('gatehouse-resolved-model')).toBe('main/cheap');
    expect(edge.spool.records[0]).toMatchObject({ requested_model: 'main/dear', reason: 'redirected' });
  });

  it('for others is to a caller as one that is not there, and as one whose targets it may not use', async () => {
    const edge = await routed({ when: { subjects: ['team:support'] } });
    const texts = [await post(edge, asked), await post(edge, { ...chat, model: 'nothing' })];
    const denied = await routed({});
    texts.push(await post(denied, asked, { authorization: `Bearer ${denied.keys.nobody}` }));
    for (const answer of texts) expect(await codeOf(answer)).toBe('400 missing_provider_account');
  });

  it('for the caller comes before one for all', async () => {
    const edge = await routed({ when: { subjects: ['everyone'] }, targets: targets.slice(3) });
    expect((await post(edge, asked)).headers.get('gatehouse-resolved-model')).toBe('main/cheap');
  });

  it('is no model: the list holds what it leads to', async () => {
    const edge = await routed({});
    const names = async (key: string) => (await client(edge, key).models.list()).data.map(({ id }) => id);
    expect(await names(edge.keys.dev)).toEqual(['main/cheap', 'main/dear', 'main/good']);
    expect(await names(edge.keys.nobody)).toEqual([]);
  });
});

describe('a caller without `route:read`', () => {
  const use = { id: 'use', effect: 'allow', actions: ['model:invoke'], resources: ['model:*/*'] };
  const held = (...statements: object[]) => [
    document('Role', 'held', { statements: [use, ...statements] }),
    document('RoleBinding', 'held', { subjects: ['user:user_nobody'], roles: ['held'] }),
  ];
  const readRoutes = { id: 'routes', effect: 'allow', actions: ['route:read'], resources: ['route:premium-*'] };
  const asks = async (edge: Awaited<ReturnType<typeof routed>>, model: string) => {
    const answer = await post(edge, { ...chat, model }, { authorization: `Bearer ${edge.keys.nobody}` });
    const { status, headers } = answer;
    const told = [headers.get('gatehouse-resolved-model'), headers.get('gatehouse-applied-rules')];
    return { status, told, body: await answer.text() };
  };

  it('cannot use a route by its name, nor learn that it exists, though it may call every target', async () => {
    const edge = await routed({ targets: targets.slice(2) }, undefined, {}, held());
    const refused = await asks(edge, 'assistant');
    expect(refused).toEqual(await asks(edge, 'nothing'));
    expect(refused).toMatchObject({ status: 400, told: [null, null] });
    expect(edge.upstreamRequests).toEqual([]);
    const [byRoute, byNothing] = edge.spool.records;
    const ofItsName = { decision_id: byNothing?.decision_id, requested_model: 'nothing', resource: 'nothing' };
    expect({ ...byRoute, ...ofItsName }).toMatchObject({
      outcome: 'deny',
      reason: 'invalid_request',
      applied_rules: [],
    });
  });

  it('can with it', async () => {
    const edge = await routed({ targets: targets.slice(2) }, undefined, {}, held(readRoutes));
    expect(await asks(edge, 'assistant')).toMatchObject({ status: 200, told: ['main/good', 'Route/premium-or-open'] });
  });

  it('cannot where a deny or a boundary takes it away', async () => {
    const deny = { ...readRoutes, id: 'none', effect: 'deny', resources: ['route:*'] };
    const denied = await routed({ targets: targets.slice(2) }, undefined, {}, held(readRoutes, deny));
    expect((await asks(denied, 'assistant')).status).toBe(400);
    const models = { appliesTo: ['user:user_nobody'], allow: [{ actions: ['model:*'], resources: ['model:**'] }] };
    const ceiling = document('Boundary', 'models', models);
    const bounded = await routed({ targets: targets.slice(2) }, undefined, {}, [...held(readRoutes), ceiling]);
    expect((await asks(bounded, 'assistant')).status).toBe(400);
  });

  it('gets the next route of the name that it may use', async () => {
    const other = { model: 'assistant', strategy: 'priority', targets: [{ model: 'main/cheap' }] };
    const open = document('Route', 'zz-open', other);
    const openOnly = { ...readRoutes, resources: ['route:zz-*'] };
    const edge = await routed({ targets: targets.slice(2) }, undefined, {}, [...held(openOnly), open]);
    expect(await asks(edge, 'assistant')).toMatchObject({ status: 200, told: ['main/cheap', 'Route/zz-open'] });
  });

  it('is led by a route in front of a model that it asks for: nobody goes round it', async () => {
    const edge = await routed({ model: 'main/dear', targets: [{ model: 'main/cheap' }] }, undefined, {}, held());
    expect(await asks(edge, 'main/dear')).toMatchObject({ status: 200, told: ['main/cheap', 'Route/premium-or-open'] });
  });
});
