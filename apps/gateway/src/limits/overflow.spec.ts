import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { answering, chat, client, codeOf, post, type Gateway } from '../pipeline/pipeline.fixture.js';
import { document, routed } from '../routing/routed.fixture.js';
import { last } from './limited.fixture.js';

const overflow = { route: 'overflow' };
const rule = { id: 'good', when: { models: ['main/good'] }, limit: 1, unit: 'requests_per_month' };
const good = { ...chat, model: 'main/good' };
const to = (...models: readonly string[]) => models.map((model, priority) => ({ model, priority }));

type Options = { readonly route?: object; readonly rules?: readonly object[]; readonly answer?: RequestListener };

/** user_dev may call `good` once a month, and is led by `overflow` beyond that. */
async function overflowing({
  route = {},
  rules = [{ ...rule, onExceed: overflow }],
  answer = answering,
}: Options = {}) {
  const leads = { model: 'overflow', strategy: 'priority', targets: to('main/best', 'main/dear', 'main/cheap') };
  const edge = await routed({}, answer, {}, [
    document('Limits', 'spec', { rules }),
    document('Route', 'overflow', { ...leads, ...route }, 'development'),
  ]);
  return edge;
}

async function modelsOf(edge: Gateway, calls: number, body: object = good): Promise<(string | null)[]> {
  const found: (string | null)[] = [];
  for (let n = 0; n < calls; n += 1) {
    const answer = await post(edge, body);
    await answer.text();
    found.push(answer.headers.get('gatehouse-resolved-model') ?? String(answer.status));
  }
  return found;
}

describe('a call beyond a limit with a route', () => {
  it('is served, for the stock client, by the first target that its caller may use and that is no dearer', async () => {
    const edge = await overflowing();
    expect(await modelsOf(edge, 1)).toEqual(['main/good']);
    const { data, response } = await client(edge, edge.keys.dev).chat.completions.create(good).withResponse();
    expect(data.choices[0]?.message.content).toBe('hello');
    expect(data.model).toBe('up-cheap');
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'gatehouse-resolved-model': 'main/cheap',
      'gatehouse-applied-rules': 'Route/overflow,Limits/spec/good',
    });
    const [, , refused, decided, completed] = edge.spool.records;
    expect(refused).toMatchObject({
      outcome: 'deny',
      reason: 'limit',
      resource: 'main/good',
      applied_rules: ['Limits/spec/good'],
    });
    const models = { requested_model: 'main/good', resolved_model: 'main/cheap' };
    expect(decided).toMatchObject({
      ...models,
      outcome: 'allow',
      reason: 'redirected',
      resource: 'main/cheap',
      applied_rules: ['Route/overflow', 'Limits/spec/good'],
      request_id: (refused as { request_id: string }).request_id,
    });
    expect(completed).toMatchObject({ ...models, type: 'call.completed', outcome: 'completed' });
    expect(edge.spool.records).toHaveLength(5);
    expect(response.headers.get('gatehouse-decision-id')).toBe((decided as { decision_id: string }).decision_id);
  });

  it('streams', async () => {
    const edge = await overflowing();
    await modelsOf(edge, 1);
    const stream = await client(edge, edge.keys.dev).chat.completions.create({ ...good, stream: true });
    let said = '';
    for await (const { choices } of stream) said += choices[0]?.delta.content ?? '';
    expect(said).toBe('ab');
    expect(last(edge, 'call.completed')).toMatchObject({ resolved_model: 'main/cheap', outcome: 'completed' });
  });

  it('is held to the limits of where it is led, which may lead it on along the same route, and no other', async () => {
    const cheap = { id: 'cheap', when: { models: ['main/cheap'] }, limit: 1, unit: 'requests_per_month' };
    const rules = [
      { ...rule, onExceed: overflow },
      { ...cheap, onExceed: { route: 'premium-or-open' } },
    ];
    const edge = await overflowing({ rules });
    expect(await modelsOf(edge, 2)).toEqual(['main/good', 'main/cheap']);
    const answer = await post(edge, good);
    expect(answer.headers.get('gatehouse-applied-rules')).toContain('Limits/spec/cheap');
    expect(await codeOf(answer)).toBe('429 rate_limit_exceeded');
    // Two targets: the second takes what the first may not.
    const two = await overflowing({
      rules: [
        { ...rule, id: 'dear', when: { models: ['main/dear'] }, onExceed: overflow },
        { ...rule, onExceed: 'refuse' },
      ],
      route: { targets: to('main/good', 'main/cheap') },
    });
    expect(await modelsOf(two, 3, { ...chat, model: 'main/dear' })).toEqual(['main/dear', 'main/good', 'main/cheap']);
    expect(last(two, 'access.decided').applied_rules).toEqual(['Route/overflow', 'Limits/spec/dear']);
  });

  it('goes on along the route where its target fails, and to nothing dearer', async () => {
    const answer: RequestListener = (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const isGood = Buffer.concat(parts).includes('up-good');
        response.writeHead(isGood ? 503 : 200, { 'content-type': 'application/json' }).end('{}');
      });
    };
    const within = (...models: readonly string[]) => ({
      targets: to(...models).map((each) => ({ ...each, fallbackOn: ['5xx'] })),
    });
    const dear = { ...rule, when: { models: ['main/dear'] }, limit: 0, onExceed: overflow };
    const edge = await overflowing({ answer, rules: [dear], route: within('main/good', 'main/cheap') });
    expect(await modelsOf(edge, 1, { ...chat, model: 'main/dear' })).toEqual(['main/cheap']);
    const made = edge.spool.records.flatMap((record) => ('reason' in record ? [record.reason] : []));
    expect(made).toEqual(['limit', 'redirected', 'fallback']);
    const cheap = { ...rule, when: { models: ['main/cheap'] }, limit: 0, onExceed: overflow };
    const none = await overflowing({ answer, rules: [cheap], route: within('main/good', 'main/dear') });
    expect((await post(none, { ...chat, model: 'main/cheap' })).status).toBe(429);
    expect(none.upstreamRequests).toEqual([]);
  });
});

describe('a call beyond a limit is refused as ever', () => {
  it.each<[string, Options]>([
    ['where its route has nothing that its caller may use', { route: { targets: to('main/best') } }],
    ['where all that it may use is dearer', { route: { targets: to('main/dear') } }],
    ['where its route leads back to what was refused', { route: { targets: to('main/good') } }],
    ['where its route is about others', { route: { when: { subjects: ['team:other'] } } }],
    ['where its route is about other calls', { route: { when: { metadata: { stage: ['night'] } } } }],
    ['where there is no such route', { rules: [{ ...rule, onExceed: { route: 'gone' } }] }],
    [
      'where another rule that it exceeds refuses',
      {
        rules: [
          { ...rule, onExceed: overflow },
          { ...rule, id: 'too' },
        ],
      },
    ],
    [
      'where another rule that it exceeds refuses, and stands first',
      {
        rules: [
          { ...rule, id: 'too' },
          { ...rule, onExceed: overflow },
        ],
      },
    ],
  ])('%s', async (_, options) => {
    const edge = await overflowing(options);
    expect(await modelsOf(edge, 1)).toEqual(['main/good']);
    const answer = await post(edge, good);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await codeOf(answer)).toBe('429 rate_limit_exceeded');
    expect(edge.upstreamRequests).toHaveLength(1);
    expect(edge.spool.records).toHaveLength(3);
  });
});
