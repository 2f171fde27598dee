import { MemoryBus } from '#libs/bus';
import OpenAI, { RateLimitError } from 'openai';
import { describe, expect, it, vi } from 'vitest';
import { chat, client, post, type Gateway } from '../pipeline/pipeline.fixture.js';
import { cost, last, limited, requests, statuses, tokens, using } from './limited.fixture.js';

const thrown = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  ) as Promise<RateLimitError>;

describe('a limit of requests', () => {
  it('lets so many through, and tells the next in the stock client’s own error which rule it was and until when', async () => {
    const edge = await limited([requests(2)]);
    const { response } = await client(edge, edge.keys.dev).chat.completions.create(chat).withResponse();
    expect(response.headers.get('x-ratelimit-limit-requests')).toBe('2');
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('1');
    expect(response.headers.get('x-ratelimit-reset-requests')).toMatch(/^(\d+h)?(\d+m)?\d+m?s$/u);
    expect(await statuses(edge, 1)).toEqual([200]);
    const error = await thrown(client(edge, edge.keys.dev).chat.completions.create(chat));
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({
      status: 429,
      code: 'rate_limit_exceeded',
      message: expect.stringContaining('Limits/spec/month'),
    });
    expect(Number(error.headers?.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(error.headers?.get('retry-after-ms'))).toBeLessThanOrEqual(31 * 86_400_000);
    expect(error.headers?.get('x-ratelimit-remaining-requests')).toBe('0');
    expect(error.headers?.get('gatehouse-applied-rules')).toBe('Limits/spec/month');
    expect(edge.upstreamRequests).toHaveLength(2);
    expect(last(edge, 'access.decided')).toMatchObject({
      outcome: 'deny',
      code: 'rate_limit_exceeded',
      reason: 'limit',
      http_status: 429,
      applied_rules: ['Limits/spec/month'],
    });
  });

  it('is waited for by the stock client where its window is short, and not where it is long', async () => {
    const retrying = (edge: Gateway) => new OpenAI({ baseURL: `${edge.url}/v1`, apiKey: edge.keys.dev, maxRetries: 5 });
    const short = await limited([{ id: 'second', when: {}, limit: 1, unit: 'requests_per_second' }]);
    // Two at once that fall into two seconds say nothing; no two do so for long.
    await vi.waitFor(
      async () => {
        await Promise.all([1, 2].map(() => retrying(short).chat.completions.create(chat)));
        expect(short.spool.records.some((record) => 'code' in record && record.code === 'rate_limit_exceeded')).toBe(
          true,
        );
      },
      { timeout: 20_000 },
    );
    const long = await limited([requests(1)]);
    await retrying(long).chat.completions.create(chat);
    const error = await thrown(retrying(long).chat.completions.create(chat));
    expect(error.headers?.get('x-should-retry')).toBe('false');
    expect(long.spool.records.filter(({ type }) => type === 'access.decided')).toHaveLength(2);
  });

  it('of 0 lets nothing through', async () => {
    expect(await statuses(await limited([requests(0)]), 1)).toEqual([429]);
  });

  it('lets exactly as many of 64 calls at once through as are left, at three gateways together', async () => {
    const bus = new MemoryBus();
    const edges = await Promise.all([1, 2, 3].map(() => limited([requests(40)], { bus })));
    for (const edge of edges) expect(await statuses(edge, 4)).toEqual([200, 200, 200, 200]);
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, n) =>
        post(edges[n % 3] as Gateway, chat).then(async (answer) => [answer.status, await answer.text()]),
      ),
    );
    expect(answers.filter(([status]) => status === 200)).toHaveLength(28);
    expect(answers.filter(([status]) => status === 429)).toHaveLength(36);
    expect(edges.reduce((sum, { upstreamRequests }) => sum + upstreamRequests.length, 0)).toBe(40);
    for (const edge of edges) expect(await statuses(edge, 1)).toEqual([429]);
  });

  it('forgets nothing: a gateway that starts later knows what was used before, also by one that was never stopped', async () => {
    const bus = new MemoryBus();
    const first = await limited([requests(3)], { bus });
    expect(await statuses(first, 2)).toEqual([200, 200]);
    const second = await limited([requests(3)], { bus });
    expect(await statuses(second, 2)).toEqual([200, 429]);
  });
});

describe('every rule that matches', () => {
  it('counts, and any that is exceeded refuses; what the others had set aside is free again', async () => {
    const edge = await limited([
      requests(2),
      { id: 'one', when: { models: ['main/gpt'] }, limit: 1, unit: 'requests_per_week' },
    ]);
    expect(await statuses(edge, 2)).toEqual([200, 429]);
    edge.enforce([requests(2)]);
    expect(await statuses(edge, 2)).toEqual([200, 429]);
  });

  it('is one about the caller and the model', async () => {
    const edge = await limited([
      { id: 'a', when: { subjects: ['team:other'] }, limit: 0, unit: 'requests_per_month' },
      { id: 'b', when: { models: ['main/emb*'] }, limit: 0, unit: 'requests_per_month' },
      { id: 'c', when: { subjects: ['everyone'], models: ['*/gpt'] }, limit: 1, unit: 'requests_per_month' },
    ]);
    expect(await statuses(edge, 2)).toEqual([200, 429]);
    const embedded = await post(edge, { model: 'main/embed', input: 'x' }, {}, '/v1/embeddings');
    expect([embedded.status, embedded.headers.get('gatehouse-applied-rules')]).toEqual([429, 'Limits/spec/b']);
  });

  it.each([
    ['key', 200],
    ['principal', 429],
    ['user', 429],
    ['tenant', 429],
    ['team', 429],
    ['virtual-account', 429],
  ])('per %s tells another key of the same user apart, or does not', async (per, status) => {
    const edge = await limited([requests(1, { per: [per] })]);
    expect(await statuses(edge, 1)).toEqual([200]);
    const other = await post(edge, chat, { authorization: `Bearer ${edge.keys.narrowed({})}` });
    expect(other.status).toBe(status);
  });

  it('counts from then on when it is changed: a higher limit lets through what is left of it', async () => {
    const edge = await limited([requests(1)]);
    expect(await statuses(edge, 2)).toEqual([200, 429]);
    edge.enforce([requests(2)]);
    expect(await statuses(edge, 2)).toEqual([200, 429]);
  });
});

describe('a rule that observes', () => {
  it('lets everything through, and says in answer and record what it would have refused', async () => {
    const edge = await limited([requests(1, { mode: 'observe' })]);
    const first = await post(edge, chat);
    expect([first.status, first.headers.get('gatehouse-applied-rules')]).toEqual([200, null]);
    await first.text();
    const second = await post(edge, chat);
    expect([second.status, second.headers.get('gatehouse-applied-rules')]).toEqual([200, 'Limits/spec/month']);
    expect(last(edge, 'access.decided')).toMatchObject({ outcome: 'allow', applied_rules: ['Limits/spec/month'] });
  });
});

describe('a limit of tokens', () => {
  it('is used up by what calls really used, and a call that does not say how long its answer may be fits into what is left', async () => {
    const edge = await limited([tokens(100)], { answer: using({ prompt_tokens: 20, completion_tokens: 30 }) });
    const first = await post(edge, chat);
    expect(first.headers.get('x-ratelimit-limit-tokens')).toBe('100');
    // All of it is set aside for now; what is told is what is left if it uses no more than it asks.
    expect(Number(first.headers.get('x-ratelimit-remaining-tokens'))).toBeGreaterThan(50);
    await first.text();
    expect(await statuses(edge, 2)).toEqual([200, 429]);
  });

  it('refuses a call that allows its answer more than is left, and says so where it never fits', async () => {
    const edge = await limited([tokens(1_000)]);
    expect(await statuses(edge, 1, { ...chat, max_tokens: 500 })).toEqual([200]);
    const error = await thrown(
      client(edge, edge.keys.dev).chat.completions.create({ ...chat, max_completion_tokens: 2_000 }),
    );
    expect(error.message).toContain('never fits');
    expect(error.headers?.get('x-should-retry')).toBe('false');
    expect(await statuses(edge, 1, { ...chat, max_tokens: 250, n: 4 })).toEqual([429]);
  });

  it.each([
    ['is negative', { prompt_tokens: -500, completion_tokens: -500 }],
    ['is no number', { prompt_tokens: 'NaN', completion_tokens: null }],
    ['is beyond reason', { prompt_tokens: 1e308, completion_tokens: 1 }],
    ['is missing', undefined],
  ])('is never credited by a report that %s: a guess counts', async (_what, usage) => {
    const edge = await limited([tokens(1_000)], { answer: using(usage) });
    await statuses(edge, 1);
    const { input_tokens: input, output_tokens: output } = last(edge, 'call.completed');
    expect(input).toBeGreaterThan(0);
    const next = await post(edge, { ...chat, max_tokens: 1 });
    expect(Number(next.headers.get('x-ratelimit-remaining-tokens'))).toBeLessThan(1_000 - input - output);
  });

  it('takes an explicit zero for zero', async () => {
    const edge = await limited([tokens(100)], { answer: using({ prompt_tokens: 0, completion_tokens: 0 }) });
    expect(await statuses(edge, 8)).toEqual(Array.from({ length: 8 }, () => 200));
  });
});

describe('a budget', () => {
  it('is told to the stock client as such, with what remains, and is not retried', async () => {
    // 1000 USD per million tokens: 50 tokens are 5 cents.
    const edge = await limited([cost('0.11')], { answer: using({ prompt_tokens: 20, completion_tokens: 30 }) });
    const first = await post(edge, chat);
    expect(first.headers.get('gatehouse-budget-limit')).toBe('0.11');
    await first.text();
    expect(await statuses(edge, 1)).toEqual([200]);
    const retrying = new OpenAI({ baseURL: `${edge.url}/v1`, apiKey: edge.keys.dev, maxRetries: 3 });
    const error = await thrown(retrying.chat.completions.create(chat));
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ code: 'budget_exceeded', message: expect.stringContaining('0.11 cost per month') });
    expect(error.headers?.get('x-should-retry')).toBe('false');
    expect(error.headers?.get('gatehouse-budget-remaining')).toBe('0.01');
    expect(last(edge, 'access.decided')).toMatchObject({ code: 'budget_exceeded', reason: 'budget' });
    expect(edge.upstreamRequests).toHaveLength(2);
  });
});
