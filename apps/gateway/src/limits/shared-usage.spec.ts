import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { deriveMacKey, MemoryBus } from '#libs/bus';
import { topics, usageKey } from '#libs/contracts';
import { describe, expect, it, vi } from 'vitest';
import { counterWindow, type CounterWindow } from './counter-window.js';
import { CONTEST_MS_MAX, type Counter } from './counter.js';
import type { Meter } from './meters.js';
import { Reservation } from './reservation.js';
import { claims, counterOf as counterAt, reserve, sharedUsage } from './shared-usage.fixture.js';
import type { SharedUsage } from './shared-usage.js';
import { UsageRecords } from './usage-records.js';

const WITHIN = { timeout: 20_000 };
const HOUR_MS = 3_600_000;
const about = { tenantId: 'acme', holder: 'acme', rule: 'Limits/spec/day', unit: 'requests_per_day', per: {} };
const windowFrom = (startMs: number): CounterWindow => counterWindow({ ...about, startMs, endMs: startMs + HOUR_MS });
const today = windowFrom(Date.now());
/** However long the machine takes, no ask is too old. */
const still = { nowMs: () => Date.now(), monotonicMs: () => 0 };
const topic = topics.gatewayUsage.name;
const counterOf = (usage: SharedUsage, limit: number, window = today) => counterAt(usage, limit, window);

describe('gateways that share a limit', () => {
  it('never give out more than it together, however the load is skewed', async () => {
    const bus = new MemoryBus();
    const counters = await Promise.all([1, 2, 3].map(async () => counterOf(await sharedUsage(bus), 500)));
    // Nine calls of ten come to the first.
    const answers = await Promise.all(
      Array.from({ length: 900 }, (_, n) => reserve(counters[n % 10 === 0 ? 1 + (n % 20) / 10 : 0] as Counter, 1)),
    );
    let granted = answers.filter((answer) => answer === 1).length;
    expect(granted).toBeLessThanOrEqual(500);
    // What the others hold and do not need is to be had a moment later, and then there is nothing more.
    await vi.waitFor(async () => {
      if ((await reserve(counters[0] as Counter, 1)) === 1) granted += 1;
      expect(granted).toBe(500);
    }, WITHIN);
    expect(await Promise.all(counters.map((counter) => reserve(counter, 1)))).toEqual([
      'refused',
      'refused',
      'refused',
    ]);
  });

  it.each([1, 7, 12, 19, 28])(
    'let exactly %i of 90 calls at once through, however late they hear of each other',
    async (limit) => {
      const bus = new MemoryBus();
      const publish = bus.publish.bind(bus);
      let published = 0;
      vi.spyOn(bus, 'publish').mockImplementation(async (records) => {
        published += 1;
        await setTimeout((published * 7) % 5);
        return publish(records);
      });
      const make = async () => counterOf(await sharedUsage(bus, { clock: still }), limit);
      const counters = await Promise.all([make(), make(), make()]);
      const calls = Array.from({ length: 90 }, async (_, n) => {
        await setTimeout((n * 5) % 11);
        return reserve(counters[n % 3] as Counter, 1);
      });
      const answers = await Promise.all(calls);
      expect(answers.filter((answer) => answer === 1)).toHaveLength(limit);
      expect(answers.filter((answer) => answer === 'refused')).toHaveLength(90 - limit);
    },
  );

  it('wait no longer for what a gateway asks for that died', async () => {
    const bus = new MemoryBus();
    const busKey = randomBytes(32);
    const time = { ms: 0 };
    const clock = { nowMs: () => Date.now(), monotonicMs: () => time.ms };
    const counter = counterOf(await sharedUsage(bus, { busKey, clock }), 10);
    const records = new UsageRecords(deriveMacKey(busKey), topics.gatewayUsage, '/spec');
    const asking = { settled: 0, accepted: 0, asking: 10, ask: 1 };
    await bus.publish([records.claim(today, asking, { writer: 'gateway-2/b', position: 1 }, today.id)]);
    await vi.waitFor(() => expect(counter.reserve(1, 1)).toBe('contested'), WITHIN);
    time.ms += CONTEST_MS_MAX + 1;
    expect(counter.reserve(1, 1)).toBe('refused');
  });

  it('have a call wait for what another asks for, and refuse it where nothing comes of that', async () => {
    const bus = new MemoryBus();
    const busKey = randomBytes(32);
    const counter = counterOf(await sharedUsage(bus, { busKey, clock: still }), 10);
    const records = new UsageRecords(deriveMacKey(busKey), topics.gatewayUsage, '/spec');
    const asking = { settled: 0, accepted: 0, asking: 10, ask: 1 };
    await bus.publish([records.claim(today, asking, { writer: 'gateway-2/b', position: 1 }, today.id)]);
    await vi.waitFor(() => expect(counter.available).toBe(0), WITHIN);
    const meter = { rule: { measure: 'requests' }, tenantId: 'acme', per: {}, counter } as unknown as Meter;
    const demand = { meter, counter, need: { least: 1, most: 1 } };
    const waiting = Reservation.of([demand], []);
    expect(waiting).toBeInstanceOf(Promise);
    expect(await waiting).toEqual({ by: demand, why: 'refused' });
    expect(counter.isHeld).toBe(false);
  });

  it('have what one of them does not need any more, once it stands still or stops in order', async () => {
    const bus = new MemoryBus();
    const [still, other] = [await sharedUsage(bus), await sharedUsage(bus)];
    // A block of more than it needs.
    expect(await reserve(counterOf(still, 1_600), 1)).toBe(1);
    counterOf(still, 1_600).settle(1, 1);
    await vi.waitFor(async () => expect(await reserve(counterOf(other, 1_600), 1_599)).toBe(1_599), WITHIN);
    counterOf(other, 1_600).settle(1_599, 9);
    await other.close();
    const later = counterOf(await sharedUsage(bus), 1_600);
    expect(later.available).toBe(1_590);
  });

  it('count what a killed one had accepted as spent, and nothing beyond it', async () => {
    const bus = new MemoryBus();
    const killed = await sharedUsage(bus);
    expect(await reserve(counterOf(killed, 1_600), 1)).toBe(1);
    const late = counterOf(await sharedUsage(bus), 1_600);
    // Some calls ahead of those that it had.
    expect(late.available).toBeGreaterThanOrEqual(1_592);
    expect(late.available).toBeLessThanOrEqual(1_599);
  });
});

describe('a call that does not know what it will need', () => {
  it('has as much as is left set aside, and is refused where not even the least is', async () => {
    const counter = counterOf(await sharedUsage(), 100);
    expect(await reserve(counter, 10, 4_096)).toBe(100);
    counter.settle(100, 95);
    expect(await reserve(counter, 10, 4_096)).toBe('refused');
    expect(await reserve(counter, 5, 4_096)).toBe(5);
  });
});

describe('the usage topic', () => {
  it('credits and charges nobody by what somebody without the key writes to it', async () => {
    const bus = new MemoryBus();
    const counter = counterOf(await sharedUsage(bus), 10);
    const forged = new UsageRecords(deriveMacKey(randomBytes(32)), topics.gatewayUsage, '/forged');
    const place = { writer: 'gateway-9/x', position: 1 };
    await bus.publish([forged.claim(today, { settled: 10, accepted: 10, asking: 0, ask: 0 }, place, today.id)]);
    await bus.publish([{ topic, key: usageKey(today.id, 'gateway-9/y'), value: '{}' }]);
    expect(await reserve(counter, 10)).toBe(10);
  });

  it('keeps what a record said that stands before an older one of the same boot', async () => {
    const bus = new MemoryBus();
    const busKey = randomBytes(32);
    const counter = counterOf(await sharedUsage(bus, { busKey }), 10);
    const records = new UsageRecords(deriveMacKey(busKey), topics.gatewayUsage, '/spec');
    const said = (position: number, accepted: number) =>
      records.claim(
        today,
        { settled: accepted, accepted, asking: 0, ask: 0 },
        { writer: 'gateway-2/b', position },
        today.id,
      );
    await bus.publish([said(2, 8), said(1, 0)]);
    await vi.waitFor(() => expect(counter.available).toBe(2), WITHIN);
    expect(await reserve(counter, 3)).toBe('refused');
  });

  it('is rid of claims on windows that are over, also of those that a killed gateway left', async () => {
    const bus = new MemoryBus();
    let nowMs = Date.now();
    const clock = { nowMs: () => nowMs, monotonicMs: () => performance.now() };
    const [killed, other] = [await sharedUsage(bus, { clock }), await sharedUsage(bus, { clock })];
    for (const usage of [killed, other]) await reserve(counterOf(usage, 1_600), 1);
    expect([...claims(bus).values()].filter((claim) => claim !== null)).toHaveLength(2);
    nowMs = today.endMs + 61_000;
    await other.expire();
    expect([...claims(bus).values()].filter((claim) => claim !== null)).toHaveLength(1);
    nowMs = today.endMs + 2 * HOUR_MS;
    await other.expire();
    expect([...claims(bus).values()].every((claim) => claim === null)).toBe(true);
    expect(other.count()).toBe(0);
  });

  it('is not what a window’s end waits for: a new run begins with nothing', async () => {
    const usage = await sharedUsage();
    expect(await reserve(counterOf(usage, 3), 3)).toBe(3);
    expect(await reserve(counterOf(usage, 3), 1)).toBe('refused');
    expect(await reserve(counterOf(usage, 3, windowFrom(today.endMs)), 3)).toBe(3);
  });
});

describe('too many counters', () => {
  it('let no call through that needs a further one', async () => {
    const usage = await sharedUsage(new MemoryBus(), { countersMax: 1 });
    expect(usage.counter(today)).toBeDefined();
    expect(usage.counter(windowFrom(today.endMs))).toBeUndefined();
  });
});
