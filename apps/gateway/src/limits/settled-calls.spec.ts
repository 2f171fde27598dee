import type { RequestListener } from 'node:http';
import { MemoryBus } from '#libs/bus';
import { SpoolUnwritable } from '#libs/spool';
import { describe, expect, it, vi } from 'vitest';
import { chat, client, codeOf, post } from '../pipeline/pipeline.fixture.js';
import { serving } from '../relay/relay.fixture.js';
import { document, routed, targets } from '../routing/routed.fixture.js';
import { Counter } from './counter.js';
import { last, limited, requests, statuses, tokens, using } from './limited.fixture.js';

describe('what a call had set aside', () => {
  it('is free again when its upstream could not be reached, or is left alone for a while', async () => {
    const edge = await limited([requests(1)]);
    const { url, server } = await serving(() => undefined);
    await new Promise((resolve) => server.close(resolve));
    edge.enforce([requests(1)], `${url}/v1`);
    await vi.waitFor(async () => expect(await codeOf(await post(edge, chat))).toBe('503 circuit_open'), {
      timeout: 20_000,
    });
    edge.enforce([requests(1)]);
    edge.pass(600_000);
    expect(await statuses(edge, 2)).toEqual([200, 429]);
  });

  it('is free again when its decision could not be recorded', async () => {
    const edge = await limited([requests(1)]);
    edge.spool.breaks = new SpoolUnwritable('bound', 'full');
    expect(await statuses(edge, 1)).toEqual([503]);
    edge.spool.breaks = undefined;
    expect(await statuses(edge, 2)).toEqual([200, 429]);
  });

  it('is settled once, with what was asked, when its caller leaves', async () => {
    const edge = await limited([tokens(10_000)], { answer: (request) => void request.resume() });
    const leaving = new AbortController();
    const left = fetch(`${edge.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${edge.keys.dev}` },
      body: JSON.stringify({ ...chat, max_tokens: 9_900 }),
      signal: leaving.signal,
    });
    await vi.waitFor(() => expect(edge.upstreamRequests).toHaveLength(1), { timeout: 20_000 });
    leaving.abort();
    await expect(left).rejects.toThrow();
    await vi.waitFor(() => expect(last(edge, 'call.completed')).toMatchObject({ outcome: 'cancelled' }), {
      timeout: 20_000,
    });
    const { input_tokens: input } = last(edge, 'call.completed');
    const refused = await post(edge, { ...chat, max_tokens: 10_000 });
    expect(await codeOf(refused)).toBe('429 rate_limit_exceeded');
    expect(refused.headers.get('x-ratelimit-remaining-tokens')).toBe(String(10_000 - input));
  });
});

describe('a stream', () => {
  it('of either dialect is charged for what it used', async () => {
    const edge = await limited([tokens(1_000)]);
    const { data, response } = await client(edge, edge.keys.dev)
      .chat.completions.create({ ...chat, stream: true })
      .withResponse();
    expect(response.headers.get('x-ratelimit-limit-tokens')).toBe('1000');
    for await (const _ of data);
    await vi.waitFor(() => expect(last(edge, 'call.completed')).toBeDefined(), { timeout: 20_000 });
    const { input_tokens: input, output_tokens: output } = last(edge, 'call.completed');
    const next = await post(edge, { ...chat, max_tokens: 1_000 });
    expect(next.headers.get('x-ratelimit-remaining-tokens')).toBe(String(1_000 - input - output));
  });
});

describe('a call that waits for the log', () => {
  it('is refused when its credential is not good any more by then, and leaves nothing set aside', async () => {
    const bus = new MemoryBus();
    const edge = await limited([requests(1)], { bus });
    const publish = bus.publish.bind(bus);
    const gate = Promise.withResolvers<void>();
    const held = vi.spyOn(bus, 'publish').mockImplementation(async (records) => {
      await gate.promise;
      return publish(records);
    });
    const waiting = post(edge, chat);
    await vi.waitFor(() => expect(held).toHaveBeenCalled(), { timeout: 20_000 });
    edge.put('tenant/acme', { id: 'acme', status: 'suspended' });
    gate.resolve();
    expect(await codeOf(await waiting)).toBe('401 invalid_api_key');
    expect(edge.upstreamRequests).toHaveLength(0);
    edge.put('tenant/acme', { id: 'acme', status: 'active' });
    expect(await statuses(edge, 2)).toEqual([200, 429]);
  });
});

describe('a further attempt of a call', () => {
  it('is held to limits as a call of its own, and what the first had set aside is settled', async () => {
    const step = { ...targets[2], fallbackOn: ['5xx'] };
    const limits = document('Limits', 'spec', { rules: [requests(3, { per: ['tenant'] })] });
    const fails: RequestListener = (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        if (Buffer.concat(parts).includes('up-good')) return void response.writeHead(503).end('{}');
        return using({ prompt_tokens: 1, completion_tokens: 1 })(request, response);
      });
    };
    const edge = await routed({ targets: [step, targets[3]] }, fails, {}, [limits]);
    const first = await post(edge, { ...chat, model: 'assistant' });
    expect([first.status, first.headers.get('x-ratelimit-remaining-requests')]).toEqual([200, '1']);
    await first.text();
    // Its first attempt is the last one that there is.
    const second = await post(edge, { ...chat, model: 'assistant' });
    expect(await codeOf(second)).toBe('429 rate_limit_exceeded');
  });
});

describe('while the log is away', () => {
  it('what was accepted may be spent; beyond it calls are refused, and not counted', async () => {
    const bus = new MemoryBus();
    const edge = await limited([requests(1_600)], { bus });
    // However long it takes until the calls below come, nothing is given back before.
    const look = vi.spyOn(Counter.prototype, 'look').mockReturnValue();
    expect(await statuses(edge, 1)).toEqual([200]);
    const publish = vi.spyOn(bus, 'publish').mockRejectedValue(new Error('no broker'));
    // One of the block of eight is spent.
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(edge, chat)));
    const codes = await Promise.all(
      answers.map(async (answer) => (answer.status === 200 ? answer.text().then(() => '200') : codeOf(answer))),
    );
    expect(codes.filter((code) => code === '200')).toHaveLength(7);
    expect(codes.filter((code) => code === '503 limits_unavailable')).toHaveLength(13);
    expect(last(edge, 'access.decided')).toBeDefined();
    publish.mockRestore();
    look.mockRestore();
    await vi.waitFor(async () => expect(await statuses(edge, 1)).toEqual([200]), { timeout: 20_000 });
  });
});
