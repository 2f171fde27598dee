import { expect, it } from 'vitest';
import { chat, codeOf, post } from '../pipeline/pipeline.fixture.js';
import { document, routed } from './routed.fixture.js';

const asked = { ...chat, model: 'assistant' };
const to = (model: string) => [{ model, priority: 0 }];
const said = (pairs: object) => ({ 'gatehouse-metadata': JSON.stringify(pairs) });

it('a route for some metadata leads calls that say so before one for all does', async () => {
  const when = { metadata: { stage: ['nightly', 'weekly'], host: '*' } };
  const more = [
    document('Route', 'zz-batch', { model: 'assistant', strategy: 'priority', targets: to('main/cheap'), when }),
  ];
  const edge = await routed({ targets: to('main/good') }, undefined, {}, more);
  const resolved = async (headers?: Record<string, string>) =>
    (await post(edge, asked, headers)).headers.get('gatehouse-resolved-model');
  expect(await resolved(said({ stage: 'nightly', host: 'ci-1' }))).toBe('main/cheap');
  expect(edge.spool.records[0]).toMatchObject({ applied_rules: ['Route/zz-batch'], metadata: { stage: 'nightly' } });
  for (const pairs of [{}, { stage: 'nightly' }, { stage: 'daily', host: 'ci-1' }]) {
    expect(await resolved(said(pairs))).toBe('main/good');
  }
});

it('a route for some metadata does not exist for other calls', async () => {
  const edge = await routed({ targets: to('main/good'), when: { metadata: { stage: ['nightly'] } } });
  const unknown = await codeOf(await post(edge, { ...chat, model: 'unknown' }));
  expect(await codeOf(await post(edge, asked, said({ stage: 'daily' })))).toBe(unknown);
  expect((await post(edge, asked, said({ stage: 'nightly' }))).status).toBe(200);
});

it('a route for some metadata gives nobody a model that they may not use', async () => {
  const edge = await routed({ targets: to('main/best'), when: { metadata: { stage: '*' } }, onDenied: 'refuse' });
  expect(await codeOf(await post(edge, asked, said({ stage: 'nightly' })))).toMatch(/^(400 missing_provider|403 )/u);
  expect(edge.upstreamRequests).toEqual([]);
});
