import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import OpenAI from 'openai';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chunk, done, relaying, reported, sse, usageEvent } from './relay.fixture.js';

const body = { model: 'a/b', messages: [{ role: 'user' as const, content: 'hi' }] };
const client = (baseURL: string) => new OpenAI({ baseURL, apiKey: 'caller-key', maxRetries: 0 });

describe('a plain answer', () => {
  it('reaches the caller byte for byte, with its usage read on the way', async () => {
    const text = `{ "model":"gpt-4-0613", "choices":[{"finish_reason":"stop"}], "usage":${JSON.stringify(reported)} }`;
    const edge = await relaying((_, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(text),
    );
    const answer = await fetch(edge.url, { method: 'POST', body: 'x' });
    expect(await answer.text()).toBe(text);
    expect(await edge.outcome()).toMatchObject({
      outcome: 'completed',
      status: 200,
      facts: { usage: reported, model: 'gpt-4-0613', finishReason: 'stop' },
    });
  });

  it('carries our headers, and none that are the upstream’s own business', async () => {
    const theirs = { 'x-request-id': 'up', 'set-cookie': 'a=b', 'openai-organization': 'org', 'retry-after': '7' };
    const edge = await relaying((_, response) => response.writeHead(429, theirs).end('{}'));
    const { headers, status } = await fetch(edge.url, { method: 'POST' });
    expect(status).toBe(429);
    expect(headers.get('gatehouse-decision-id')).toBe('d-1');
    expect(headers.get('retry-after')).toBe('7');
    for (const name of ['x-request-id', 'set-cookie', 'openai-organization']) expect(headers.get(name)).toBeNull();
    expect(await edge.outcome()).toMatchObject({ outcome: 'failed', errorType: 'upstream_429' });
  });

  it('sends nothing of the caller’s identity upstream', async () => {
    const seen = Promise.withResolvers<string>();
    const edge = await relaying((request, response) => {
      seen.resolve(JSON.stringify(request.rawHeaders));
      response.end('{}');
    });
    const identity = {
      authorization: 'Bearer caller-key',
      cookie: 'caller',
      'x-forwarded-for': '1.2.3.4',
      'openai-project': 'p',
    };
    await fetch(edge.url, { method: 'POST', headers: identity });
    const headers = await seen.promise;
    expect(headers).toContain('provider-key');
    expect(headers).not.toMatch(/caller|1\.2\.3\.4|openai-project/iu);
  });

  it('that is cut ends in an error, not in half of an answer', async () => {
    const edge = await relaying((_, response) => {
      response.writeHead(200, { 'content-length': 100, 'content-type': 'application/json' });
      response.write('{"choices":', () => response.destroy());
    });
    await expect(client(edge.url).chat.completions.create(body)).rejects.toThrow(/./u);
    expect(await edge.outcome()).toMatchObject({ outcome: 'interrupted', status: 200 });
  });
});

describe('a stream', () => {
  const whole = [chunk('a'), chunk('b', 'stop'), usageEvent, done];

  it('passes byte for byte where the caller asked for usage itself', async () => {
    const edge = await relaying((_, response) => response.writeHead(200, sse).end(whole.join('')));
    expect(await (await fetch(edge.url, { method: 'POST' })).text()).toBe(whole.join(''));
    expect(await edge.outcome()).toMatchObject({
      outcome: 'completed',
      facts: { usage: reported, finishReason: 'stop' },
    });
  });

  it('loses exactly the usage event where only the gateway asked for it', async () => {
    const edge = await relaying((_, response) => response.writeHead(200, sse).end(whole.join('')), {
      dropsUsage: true,
    });
    const left = whole.filter((part) => part !== usageEvent).join('');
    expect(await (await fetch(edge.url, { method: 'POST' })).text()).toBe(left);
    expect(await edge.outcome()).toMatchObject({ facts: { usage: reported } });
  });

  it('is whole to a stock client that leaves at its last event, before the upstream ends it', async () => {
    const gone = Promise.withResolvers<void>();
    const edge = await relaying((_, response) => {
      response.on('close', gone.resolve).writeHead(200, sse).write(whole.join(''));
    });
    for await (const _ of await client(edge.url).chat.completions.create({ ...body, stream: true }));
    expect(await edge.outcome()).toMatchObject({ outcome: 'completed', errorType: '', facts: { usage: reported } });
    await gone.promise;
  });

  it('gives its first event on at once', async () => {
    const rest = Promise.withResolvers<void>();
    const edge = await relaying(
      (_, response) => {
        response.writeHead(200, sse).write(chunk('first'));
        void rest.promise.then(() => response.end(chunk('b', 'stop') + done));
      },
      { dropsUsage: true },
    );
    const stream = await client(edge.url).chat.completions.create({ ...body, stream: true });
    const read: (string | null | undefined)[] = [];
    for await (const part of stream) {
      read.push(part.choices[0]?.delta.content);
      rest.resolve();
    }
    expect(read).toEqual(['first', 'b']);
  });

  it.each([
    ['whose connection breaks', (end: () => void, destroy: () => void) => destroy()],
    ['that merely stops', (end: () => void) => end()],
  ])('%s makes the stock client raise, and never looks finished', async (_, stop) => {
    const edge = await relaying((_request, response) => {
      response.writeHead(200, sse);
      response.write(chunk('a'), () =>
        stop(
          () => response.end(),
          () => response.destroy(),
        ),
      );
    });
    const stream = await client(edge.url).chat.completions.create({ ...body, stream: true });
    const read = async () => {
      for await (const part of stream) expect(part.choices[0]?.finish_reason).toBeNull();
    };
    await expect(read()).rejects.toThrow(/upstream broke off/u);
    expect(await edge.outcome()).toMatchObject({ outcome: 'interrupted', facts: { usage: undefined } });
  });

  it('is held back while the caller does not read', async () => {
    let written = 0;
    let isHeld = false;
    const edge = await relaying((_, response) => {
      response.writeHead(200, sse);
      const write = () => {
        while (written < 64_000_000) {
          written += 64_000;
          if (!response.write(`: ${'x'.repeat(63_996)}\n\n`)) {
            isHeld = true;
            response.once('drain', write);
            return;
          }
        }
        response.end(done);
      };
      write();
    });
    const answer = await fetch(edge.url, { method: 'POST' });
    const reader = answer.body?.getReader();
    await reader?.read();
    await expect.poll(() => isHeld).toBe(true);
    let before = -1;
    // Settled: what is in flight fits the buffers between, and the rest waits.
    await expect
      .poll(() => written === before || ((before = written), false), { interval: 100, timeout: 10_000 })
      .toBe(true);
    expect(written).toBeLessThan(64_000_000);
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read());
    expect(written).toBe(64_000_000);
    expect(await edge.outcome()).toMatchObject({ outcome: 'completed' });
  });
});

it('a caller that stops reading is given up, and its upstream stopped', async () => {
  const stopped = Promise.withResolvers<void>();
  const edge = await relaying(
    (_, response) => {
      response.on('close', () => stopped.resolve());
      response.writeHead(200, sse);
      const write = () => {
        while (!response.destroyed && response.write(`: ${'x'.repeat(64_000)}\n\n`));
        response.once('drain', write);
      };
      write();
    },
    { idleTimeoutMs: 200 },
  );
  const answer = await fetch(edge.url, { method: 'POST' });
  await stopped.promise;
  expect(await edge.outcome()).toMatchObject({ outcome: 'cancelled' });
  await answer.body?.cancel().catch(() => undefined);
});

describe('a caller that leaves', () => {
  it.each([
    ['before the first byte', false],
    ['in the middle', true],
  ])('%s stops the upstream', async (_, hasBegun) => {
    const aborted = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const edge = await relaying((_request, response) => {
      response.on('close', () => aborted.resolve());
      if (hasBegun) response.writeHead(200, sse).write(chunk('a'));
      asked.resolve();
    });
    const leave = new AbortController();
    const answer = fetch(edge.url, { method: 'POST', body: 'x', signal: leave.signal })
      .then(async (got) => got.body?.getReader().read())
      .catch(() => 'left');
    await (hasBegun ? answer : asked.promise);
    leave.abort();
    await aborted.promise;
    await answer;
    expect(await edge.outcome()).toMatchObject({ outcome: 'cancelled', errorType: 'client_closed_request' });
  });
});

describe('without an answer', () => {
  it('of an upstream that refuses connections: upstream_error', async () => {
    const edge = await relaying('http://127.0.0.1:1');
    expect((await fetch(edge.url, { method: 'POST' })).status).toBe(502);
    expect(await edge.outcome()).toMatchObject({ outcome: 'failed', status: 0, refusal: { code: 'upstream_error' } });
  });

  it('of an upstream that closes the connection: upstream_error', async () => {
    const server = createServer((socket) => socket.once('data', () => socket.destroy())).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await expect.poll(() => server.listening).toBe(true);
    const edge = await relaying(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await fetch(edge.url, { method: 'POST' });
    expect(await edge.outcome()).toMatchObject({ refusal: { code: 'upstream_error' } });
  });

  it('of an upstream that stays silent: upstream_timeout', async () => {
    const edge = await relaying(() => undefined, { headersTimeoutMs: 100 });
    await fetch(edge.url, { method: 'POST' });
    expect(await edge.outcome()).toMatchObject({ refusal: { code: 'upstream_timeout' } });
  });

  it.each([401, 403, 302])(
    'for the caller, when the upstream says %s about the gateway’s own account',
    async (status) => {
      const edge = await relaying((_, response) =>
        response.writeHead(status, { location: '/x' }).end('Incorrect key sk-abc'),
      );
      const answer = await fetch(edge.url, { method: 'POST', redirect: 'manual' });
      expect(answer.status).toBe(502);
      expect(await answer.text()).not.toContain('sk-abc');
      expect(await edge.outcome()).toMatchObject({ outcome: 'failed', status, refusal: { code: 'upstream_error' } });
    },
  );
});
