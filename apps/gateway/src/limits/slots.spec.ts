import type { ServerResponse } from 'node:http';
import { MemoryBus, MemoryLog } from '#libs/bus';
import { topics } from '#libs/contracts';
import { RateLimitError } from 'openai';
import { describe, expect, it, vi } from 'vitest';
import { chat, client, post } from '../pipeline/pipeline.fixture.js';
import { counterWindow, NEVER_MS } from './counter-window.js';
import { limited, statuses } from './limited.fixture.js';
import { claims, counterOf, reserve, sharedUsage } from './shared-usage.fixture.js';

const WITHIN = { timeout: 20_000 };
const rule = (limit: number) => ({ id: 'slots', when: {}, limit, unit: 'concurrent_requests' });
const about = { tenantId: 'acme', holder: 'acme', rule: 'Limits/spec/slots', unit: 'slots', per: {} };
const slots = counterWindow({ ...about, startMs: 0, endMs: NEVER_MS });

/** An upstream that answers when it is told to. */
function held() {
  const open: ServerResponse[] = [];
  const answer = () => open.pop()?.writeHead(200, { 'content-type': 'application/json' }).end('{"object":"x"}');
  return { open, answer, listener: (_: unknown, response: ServerResponse) => void open.push(response) };
}

describe('a limit of calls at once', () => {
  it('counts calls under way at all gateways together, and lets the next one in when one has ended', async () => {
    const bus = new MemoryBus();
    const upstream = held();
    const options = { bus, answer: upstream.listener };
    const [one, other] = [await limited([rule(3)], options), await limited([rule(3)], options)];
    const calls = [post(one, chat), post(one, chat), post(other, chat)];
    await vi.waitFor(() => expect(upstream.open).toHaveLength(3), WITHIN);
    const error = await client(other, other.keys.dev)
      .chat.completions.create(chat)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ code: 'rate_limit_exceeded', message: expect.stringContaining('3 calls at once') });
    expect((error as RateLimitError).headers?.get('retry-after')).toBe('1');
    upstream.answer();
    await vi.waitFor(async () => {
      const more = post(other, chat);
      await vi.waitFor(() => expect(upstream.open).toHaveLength(3), { timeout: 500 });
      calls.push(more);
    }, WITHIN);
    while (upstream.open.length > 0) upstream.answer();
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  it('has a slot free again after each call, also where it failed', async () => {
    const edge = await limited([rule(1)], { answer: (request) => request.socket.destroy() });
    expect(await statuses(edge, 3)).toEqual([502, 502, 502]);
  });
});

describe('slots', () => {
  /** Two boots whose time goes by as told, on one log that is read without a break. */
  async function two(limit: number) {
    const bus = new MemoryBus(new MemoryLog(), { monotonicMs: () => 0, wallMs: () => Date.now() });
    const time = { ms: 0 };
    const clock = { nowMs: () => Date.now(), monotonicMs: () => time.ms };
    const [one, other] = [await sharedUsage(bus, { clock }), await sharedUsage(bus, { clock })];
    const counters = [counterOf(one, limit, slots), counterOf(other, limit, slots)] as const;
    return { bus, time, one, other, counters };
  }

  const told = (bus: MemoryBus) => bus.log.bounds(topics.gatewayUsage.name).reduce((sum, { end }) => sum + end, 0n);

  it('of a gateway that is never heard again can be had after half a minute, and not before', async () => {
    const { time, counters, one } = await two(2);
    expect(await reserve(counters[0], 2)).toBe(2);
    await one.close();
    time.ms += 29_000;
    expect(await reserve(counters[1], 1)).toBe('refused');
    time.ms += 2_000;
    expect(await reserve(counters[1], 2)).toBe(2);
  });

  it('of a gateway that is well stay its own, however long a call takes', async () => {
    const { bus, time, counters } = await two(1);
    expect(await reserve(counters[0], 1)).toBe(1);
    for (let seconds = 0; seconds < 60; seconds += 10) {
      time.ms += 10_000;
      const before = told(bus);
      await vi.waitFor(() => expect(told(bus)).toBeGreaterThan(before), WITHIN);
      expect(await reserve(counters[1], 1)).toBe('refused');
    }
  });

  it('of a gateway that was paused are no longer its own: it takes nothing that others may have', async () => {
    const { time, counters } = await two(3);
    expect(await reserve(counters[0], 1)).toBe(1);
    expect(await reserve(counters[0], 2)).toBe(2);
    counters[0].settle(2, 0);
    // Two are free at the first, and one call is under way there.
    time.ms += 16_000;
    expect(counters[0].reserve(1, 1)).toBe('wait');
    expect(await reserve(counters[0], 1)).toBe(1);
    await vi.waitFor(async () => expect(await reserve(counters[1], 1)).toBe(1), WITHIN);
    expect(await reserve(counters[1], 1)).toBe('refused');
    expect(await reserve(counters[0], 1)).toBe('refused');
  });

  it('that nobody asks for leave nothing behind on the log, and can be had again', async () => {
    const { bus, time, counters, one, other } = await two(1);
    expect(await reserve(counters[0], 1)).toBe(1);
    counters[0].settle(1, 0);
    await vi.waitFor(async () => expect(await reserve(counters[1], 1)).toBe(1), WITHIN);
    counters[1].settle(1, 0);
    for (const counter of counters) counter.giveBack();
    await vi.waitFor(() => expect(counters.map(({ available }) => available)).toEqual([1, 1]), WITHIN);
    time.ms += 61_000;
    await vi.waitFor(async () => {
      await Promise.all([one.expire(), other.expire()]);
      expect(counters.map(({ isForgotten }) => isForgotten)).toEqual([true, true]);
    }, WITHIN);
    expect([...claims(bus).values()]).toEqual([null, null]);
    expect(await reserve(counterOf(one, 1, slots), 1)).toBe(1);
    expect(await reserve(counterOf(other, 1, slots), 1)).toBe('refused');
  });
});
