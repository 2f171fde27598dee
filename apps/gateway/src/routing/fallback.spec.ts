import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { APIError, APIUserAbortError, RateLimitError } from 'openai';
import { describe, expect, it } from 'vitest';
import { chat, client, codeOf, post } from '../pipeline/pipeline.fixture.js';
import { chunk, done, sse, usageEvent } from '../relay/relay.fixture.js';
import { document, surfaces } from '../pipeline/surfaces.fixture.js';
import { plainMessage } from '../anthropic/anthropic.fixture.js';
import { routed } from './routed.fixture.js';

type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

/** An upstream whose models behave as told, by their names there; the others are well. Answers what reached it, in order. */
function models(behaviours: Readonly<Record<string, Behaviour>>) {
  const reached: { model: string; text: string }[] = [];
  const listener: RequestListener = (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const text = Buffer.concat(parts).toString();
      const { model } = JSON.parse(text) as { model: string };
      reached.push({ model, text });
      const behaviour = behaviours[model];
      if (behaviour) return behaviour(request, response);
      const stream = (JSON.parse(text) as { stream?: boolean }).stream === true;
      if (stream) return response.writeHead(200, sse).end(chunk(model) + chunk('b', 'stop') + usageEvent + done);
      const choices = [{ index: 0, message: { role: 'assistant', content: model }, finish_reason: 'stop' }];
      return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ model, choices }));
    });
  };
  return { reached, listener, names: () => reached.map(({ model }) => model) };
}

const status =
  (code: number, headers: Record<string, string> = {}): Behaviour =>
  (_, response) =>
    response
      .writeHead(code, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify({ error: { message: `answered ${code}`, type: 'server_error', code: null, param: null } }));
const silent: Behaviour = () => undefined;
const hangingUp: Behaviour = (_, response) => response.destroy();

const to = (model: string, ...fallbackOn: (number | string)[]) => ({
  model: `main/${model}`,
  ...(fallbackOn.length > 0 && { fallbackOn }),
});
const asked = { ...chat, model: 'assistant' };
const goodThenCheap = (...fallbackOn: (number | string)[]) => ({ targets: [to('good', ...fallbackOn), to('cheap')] });

describe('a target that fails before the first byte', () => {
  it.each<[string, Behaviour, (number | string)[], string]>([
    ['a status that is listed', status(429), [429], 'upstream_429'],
    ['a status of a listed class', status(503), ['5xx'], 'upstream_503'],
    ['a status of the other class', status(404), ['4xx'], 'upstream_404'],
    ['a connection that breaks off', hangingUp, ['5xx'], 'UND_ERR_SOCKET'],
  ])('by %s leads on to the next, each call decided and settled on its own', async (_, behaviour, on, error) => {
    const upstream = models({ 'up-good': behaviour });
    const edge = await routed(goodThenCheap(...on), upstream.listener);
    const answer = await post(edge, asked);
    expect(await answer.json()).toMatchObject({ model: 'up-cheap' });
    expect(upstream.names()).toEqual(['up-good', 'up-cheap']);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'gatehouse-resolved-model': 'main/cheap',
      'gatehouse-applied-rules': 'Route/premium-or-open',
      'gatehouse-attempts': '2',
    });
    const [decided, failed, again, completed] = edge.spool.records;
    expect(decided).toMatchObject({ type: 'access.decided', resolved_model: 'main/good', reason: 'granted' });
    expect(failed).toMatchObject({ outcome: 'failed', error_type: error, cost: '0', usage_source: 'none' });
    expect(again).toMatchObject({ type: 'access.decided', resource: 'main/cheap', reason: 'fallback' });
    expect(completed).toMatchObject({ outcome: 'completed', resolved_model: 'main/cheap' });
    expect([failed?.decision_id, completed?.decision_id]).toEqual([decided?.decision_id, again?.decision_id]);
    expect(again?.decision_id).not.toBe(decided?.decision_id);
    expect(answer.headers.get('gatehouse-decision-id')).toBe(again?.decision_id);
    expect(new Set(edge.spool.records.map(({ request_id: id }) => id)).size).toBe(1);
    expect(edge.spool.records).toHaveLength(4);
  });

  it('by what is not listed is the answer, as the upstream gave it', async () => {
    const upstream = models({ 'up-good': status(429, { 'retry-after': '7' }) });
    const edge = await routed(goodThenCheap('5xx', 'timeout', 'connect'), upstream.listener);
    const failure: unknown = await client(edge, edge.keys.dev)
      .chat.completions.create(asked)
      .catch((error) => error);
    expect(failure).toBeInstanceOf(RateLimitError);
    expect((failure as APIError).headers?.get('retry-after')).toBe('7');
    expect(upstream.names()).toEqual(['up-good']);
  });

  it('as the last one does is answered by what the last one said', async () => {
    const upstream = models({ 'up-good': status(503), 'up-cheap': status(429, { 'retry-after': '9' }) });
    const edge = await routed({ targets: [to('good', '5xx'), to('cheap', 429)] }, upstream.listener);
    const answer = await post(edge, asked);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '9']);
    expect(await answer.json()).toMatchObject({ error: { message: 'answered 429' } });
  });

  it('by silence leads on when its time is over, and is charged for what it was asked', async () => {
    const upstream = models({ 'up-good': silent });
    const targets = [{ ...to('good', 'timeout'), firstTokenTimeoutMs: 30 }, to('cheap')];
    const edge = await routed({ targets }, upstream.listener);
    expect((await post(edge, asked)).status).toBe(200);
    const [, failed] = edge.spool.records;
    expect(failed).toMatchObject({ outcome: 'failed', http_status: 504, error_type: 'attempt_timeout' });
    // Whether it worked on it is not known.
    expect(failed).toMatchObject({ usage_source: 'estimated', input_tokens: expect.any(Number), output_tokens: 0 });
    expect(failed).not.toMatchObject({ input_tokens: 0 });
  });

  it('by silence is 504 where nothing follows', async () => {
    const targets = [{ ...to('good', '5xx'), attemptTimeoutMs: 30 }, to('cheap')];
    const edge = await routed({ targets }, models({ 'up-good': silent }).listener);
    expect(await codeOf(await post(edge, asked))).toBe('504 upstream_timeout');
  });

  it('by a stream that begins and says nothing leads on too: nothing of it reached the caller', async () => {
    const begins: Behaviour = (_, response) => void response.writeHead(200, sse).flushHeaders();
    const breaks: Behaviour = (_, response) => {
      response.writeHead(200, sse).flushHeaders();
      setTimeout(() => response.destroy(), 20);
    };
    const targets = [{ ...to('dear', 'timeout'), firstTokenTimeoutMs: 50 }, to('good', '5xx'), to('cheap')];
    const upstream = models({ 'up-dear': begins, 'up-good': breaks });
    const edge = await routed({ targets }, upstream.listener);
    const stream = await client(edge, edge.keys.dev).chat.completions.create({ ...asked, stream: true });
    const texts: unknown[] = [];
    for await (const { choices } of stream) texts.push(choices[0]?.delta.content);
    expect(texts).toEqual(['up-cheap', 'b']);
    expect(upstream.names()).toEqual(['up-dear', 'up-good', 'up-cheap']);
  });
});

it('a stream that says by comments alone that it is there leads on like a silent one; comments before its first event reach the caller', async () => {
  const waits: Behaviour = (_, response) => void response.writeHead(200, sse).write(': still\n\n: there\n\n');
  const comments: Behaviour = (_, response) => {
    response
      .writeHead(200, sse)
      .write(': queued\n\n', () => setTimeout(() => response.end(chunk('a', 'stop') + done), 5));
  };
  const targets = [{ ...to('dear', 'timeout'), firstTokenTimeoutMs: 50 }, to('good', '5xx'), to('cheap')];
  const upstream = models({ 'up-dear': waits, 'up-good': comments });
  const edge = await routed({ targets }, upstream.listener);
  const answer = await post(edge, { ...asked, stream: true });
  expect(await answer.text()).toBe(`: queued\n\n${chunk('a', 'stop')}${done}`);
  expect(upstream.names()).toEqual(['up-dear', 'up-good']);
});

describe('a further attempt', () => {
  it('is not made once a byte has reached the caller: the stream ends as an error', async () => {
    const breaks: Behaviour = (_, response) => {
      response.writeHead(200, sse).write(chunk('a'), () => response.destroy());
    };
    const upstream = models({ 'up-good': breaks });
    const edge = await routed(goodThenCheap('5xx', 'timeout', 'connect'), upstream.listener);
    const stream = await client(edge, edge.keys.dev).chat.completions.create({ ...asked, stream: true });
    const read = async () => {
      for await (const _ of stream);
    };
    await expect(read()).rejects.toThrow(APIError);
    expect(upstream.names()).toEqual(['up-good']);
    expect(edge.spool.records[1]).toMatchObject({ outcome: 'interrupted' });
  });

  it('carries the body as the caller sent it, under the name of its own model', async () => {
    const upstream = models({ 'up-good': status(500), 'up-dear': status(500) });
    const edge = await routed({ targets: [to('good', 500), to('dear', 500), to('cheap')] }, upstream.listener);
    const body = { model: 'assistant', stream: true, messages: [{ role: 'user', content: 'é "quoted"' }], seed: 7 };
    expect((await post(edge, JSON.stringify(body))).status).toBe(200);
    expect(upstream.reached.map(({ text }) => JSON.parse(text) as object)).toEqual(
      ['up-good', 'up-dear', 'up-cheap'].map((model) => ({ ...body, model, stream_options: { include_usage: true } })),
    );
  });

  it('never calls a model that the caller may not use', async () => {
    const upstream = models({ 'up-good': status(500) });
    const edge = await routed({ targets: [to('good', 500), to('best'), to('cheap')] }, upstream.listener);
    expect((await post(edge, asked)).headers.get('gatehouse-resolved-model')).toBe('main/cheap');
    const denied = await routed({ targets: [to('good', 500), to('best')] }, upstream.listener);
    expect((await post(denied, asked)).status).toBe(500);
    expect(upstream.names()).not.toContain('up-best');
  });

  it('leads who was denied the first target to nothing dearer than that one', async () => {
    const upstream = models({ 'up-good': status(500) });
    const targets = [to('best', 500), to('good', 500), to('dear', 500), to('cheap')];
    const edge = await routed({ targets, onDenied: 'next' }, upstream.listener);
    expect((await post(edge, asked)).status).toBe(200);
    expect(upstream.names()).toEqual(['up-good', 'up-cheap']);
  });

  it('is refused to a key that was revoked meanwhile', async () => {
    const edge = await routed(goodThenCheap(500), (request, response) => {
      edge.put('principal/user_dev', {
        id: 'user_dev',
        kind: 'user',
        tenantId: 'acme',
        status: 'suspended',
        epoch: 2,
        email: 'd@x.example',
        teams: [],
        groups: [],
        labels: {},
        ownerTeam: null,
        operator: false,
        name: null,
      });
      status(500)(request, response);
    });
    expect(await codeOf(await post(edge, asked))).toBe('401 invalid_api_key');
    expect(edge.upstreamRequests).toHaveLength(1);
    expect(edge.spool.records.at(-1)).toMatchObject({
      type: 'access.decided',
      outcome: 'deny',
      code: 'invalid_api_key',
    });
  });

  it('is made four times at the most, whatever the route lists', async () => {
    const upstream = models(Object.fromEntries(['good', 'dear', 'cheap'].map((name) => [`up-${name}`, status(500)])));
    const targets = ['good', 'dear', 'cheap', 'good', 'dear', 'cheap'].map((name) => to(name, 500));
    const edge = await routed({ targets }, upstream.listener);
    expect((await post(edge, asked)).status).toBe(500);
    expect(upstream.names()).toEqual(['up-good', 'up-dear', 'up-cheap', 'up-good']);
  });

  it('calls the same model again where the route lists it twice, unless it asked to be left alone', async () => {
    const failing: Record<string, Behaviour> = { 'up-good': status(503) };
    const again = models(failing);
    const twice = { targets: [to('good', 503, 429), to('good')] };
    const edge = await routed(twice, (request, response) => {
      again.listener(request, response);
      // It is well from the second call on.
      request.on('end', () => delete failing['up-good']);
    });
    expect((await post(edge, asked)).status).toBe(200);
    expect(again.names()).toEqual(['up-good', 'up-good']);
    const busy = models({ 'up-good': status(429, { 'retry-after': '60' }) });
    const left = await routed(twice, busy.listener);
    const answer = await post(left, asked);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '60']);
    expect(busy.names()).toEqual(['up-good']);
  });

  it('is not made for a caller who has left', async () => {
    const upstream = models({ 'up-good': silent });
    const targets = [{ ...to('good', 'timeout'), firstTokenTimeoutMs: 5_000 }, to('cheap')];
    const edge = await routed({ targets }, upstream.listener);
    const leave = new AbortController();
    const call = client(edge, edge.keys.dev).chat.completions.create(asked, { signal: leave.signal });
    call.catch(() => undefined);
    await expect.poll(upstream.names).toEqual(['up-good']);
    leave.abort();
    await expect(call).rejects.toThrow(APIUserAbortError);
    await expect.poll(() => edge.spool.records.length).toBe(2);
    expect(edge.spool.records[1]).toMatchObject({ outcome: 'cancelled' });
    expect(upstream.names()).toEqual(['up-good']);
  });
});

describe('a fallback to another provider', () => {
  it.each([
    ['anthropic/claude', 'openai/chat', ['/v1/messages', '/v1/chat/completions'], 'up-chat'],
    ['openai/chat', 'anthropic/claude', ['/v1/chat/completions', '/v1/messages'], 'ab'],
  ])('from %s to %s says the same in the form of each', async (first, second, paths, text) => {
    const sent: { path: string; body: { messages: unknown } }[] = [];
    const well = models({});
    const targets = [{ model: first, fallbackOn: ['5xx'] }, { model: second }];
    const route = document('Route', 'two', { model: 'assistant', strategy: 'priority', targets });
    const edge = await surfaces(
      (request, response) => {
        const parts: Buffer[] = [];
        request.on('data', (part: Buffer) => parts.push(part));
        request.on('end', () => {
          sent.push({ path: request.url ?? '', body: JSON.parse(Buffer.concat(parts).toString()) as never });
          if (sent.length === 1) return status(503)(request, response);
          if (request.url !== '/v1/messages') return undefined;
          return response.writeHead(200, { 'content-type': 'application/json' }).end(plainMessage);
        });
        if (sent.length === 1 && request.url !== '/v1/messages') well.listener(request, response);
      },
      [route],
    );
    const answer = await client(edge, edge.keys.dev).chat.completions.create({ ...asked, max_tokens: 9 });
    expect(answer.choices[0]?.message.content).toBe(text);
    expect(sent.map(({ path }) => path)).toEqual(paths);
    expect(sent.map(({ body }) => body)).toMatchObject([{ max_tokens: 9 }, { max_tokens: 9 }]);
    expect(edge.spool.records).toMatchObject([
      { resolved_model: first, reason: 'granted' },
      { resolved_model: first, outcome: 'failed' },
      { resolved_model: second, reason: 'fallback' },
      { resolved_model: second, outcome: 'completed' },
    ]);
  });
});
