import { describe, expect, it } from 'vitest';
import { chat, policyOf, post } from '../pipeline/pipeline.fixture.js';
import { document } from '../routing/routed.fixture.js';
import { limited, requests } from './limited.fixture.js';

/** Gateways whose virtual accounts may call models, under these rules; and what calls of one are answered, in order. */
async function held(rules: readonly object[], settings: object = {}) {
  const edge = await limited(rules);
  const bound = document('RoleBinding', 'all', { subjects: ['virtual-account:*'], roles: ['developer'] });
  const limits = document('Limits', 'spec', { rules });
  edge.set({ snapshot: policyOf(edge.upstreamUrl, settings, [bound, limits]) });
  const asks = (key: string) => async (metadata?: object) => {
    const said = metadata && { 'gatehouse-metadata': JSON.stringify(metadata) };
    const answer = await post(edge, chat, { authorization: `Bearer ${key}`, ...said });
    await answer.text();
    return answer.status;
  };
  const account = (name: string, labels: object) => asks(edge.keys.account(name, { ofAccount: labels }));
  return { ...edge, account, dev: asks(edge.keys.dev) };
}

describe('a rule about some metadata', () => {
  it('holds calls that say so, and no other', async () => {
    const { dev } = await held([requests(1, { when: { metadata: { project: ['apollo'], stage: '*' } } })]);
    const apollo = { project: 'apollo', stage: 'x' };
    expect([await dev(apollo), await dev({ ...apollo, stage: 'y' })]).toEqual([200, 429]);
    expect(await dev({ project: 'zeus', stage: 'x' })).toBe(200);
    expect(await dev({ project: 'apollo' })).toBe(200);
    expect(await dev()).toBe(200);
  });

  it('holds a virtual account by its label, whatever the call says', async () => {
    const { account } = await held([requests(1, { when: { metadata: { project: ['apollo'] } } })]);
    const etl = account('etl', { project: 'apollo' });
    expect([await etl(), await etl({ project: 'zeus' })]).toEqual([200, 429]);
  });
});

describe('a rule per metadata', () => {
  const perProject = [requests(1, { per: ['metadata.project'] })];

  it('counts for each label apart, over all who have it', async () => {
    const { account } = await held(perProject);
    const [etl, web, ops] = ['etl', 'web', 'ops'].map((name, n) =>
      account(name, { project: n < 2 ? 'apollo' : 'zeus' }),
    );
    expect([await etl?.(), await web?.(), await ops?.()]).toEqual([200, 429, 200]);
  });

  it('gives nobody a counter of their own for a value that they made up, nor that of others', async () => {
    const { account, dev } = await held(perProject);
    expect([await dev({ project: 'one' }), await dev({ project: 'two' }), await dev()]).toEqual([200, 429, 429]);
    expect(await dev({ project: 'apollo' })).toBe(429);
    // It used up nothing of those whose label says so.
    expect(await account('etl', { project: 'apollo' })()).toBe(200);
  });

  it('tells apart what the tenant lists, too', async () => {
    const { dev } = await held(perProject, { requiredMetadata: { project: ['apollo', 'zeus'] } });
    const [apollo, zeus] = [{ project: 'apollo' }, { project: 'zeus' }];
    expect([await dev(apollo), await dev(zeus), await dev(apollo), await dev(zeus)]).toEqual([200, 200, 429, 429]);
  });

  it('can be one of two: each user within each project', async () => {
    const rules = [requests(1, { per: ['principal', 'metadata.project'] })];
    const { account } = await held(rules);
    const [etl, web] = ['etl', 'web'].map((name) => account(name, { project: 'apollo' }));
    expect([await etl?.(), await web?.(), await etl?.(), await web?.()]).toEqual([200, 200, 429, 429]);
  });
});
