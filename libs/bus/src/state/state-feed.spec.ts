import {
  deriveMacKey,
  MemoryBus,
  MemoryLog,
  sealRecord,
  StateFeed,
  type ReplayIncident,
  type StateFeedOptions,
  type Stray,
  type WriterPlace,
} from '#libs/bus';
import { waitFor } from '#libs/testing';
import { afterEach, expect, it } from 'vitest';

const topic = 'identity.state.v1';
const macKey = deriveMacKey(Buffer.alloc(32, 1));
const envelope = { id: '1', source: 'identity', type: 'identity.state', time: '2026-11-23T09:00:00.000Z', schema: 1 };
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

function sealed(key: string, text: string | null, place: Partial<WriterPlace> = {}) {
  const value = text === null ? null : Buffer.from(text);
  return sealRecord(macKey, { topic, key, value, generation: 1, epoch: 1, position: 1, ...place }, envelope);
}

async function scene() {
  const bus = new MemoryBus(new MemoryLog());
  closing.push(() => bus.close());
  await bus.ensureTopics([{ name: topic, partitions: 1 }]);
  const feed = async (options: Partial<StateFeedOptions> = {}) => {
    const held = new Map<string, string>();
    const strays: Stray[] = [];
    const incidents: ReplayIncident[] = [];
    const made = new StateFeed({
      bus,
      topic,
      reader: 'gateway-1',
      macKey,
      apply: (key, value) => void (value ? held.set(key, value.toString()) : held.delete(key)),
      onStray: (stray) => strays.push(stray),
      onIncident: (incident) => incidents.push(incident),
      ...options,
    });
    await made.start();
    return { feed: made, held, strays, incidents };
  };
  return { bus, feed };
}

it('is ready at the end that the log had at the start, with everything up to there in force', async () => {
  const { bus, feed: open } = await scene();
  await bus.publish([
    sealed('a', 'x', { position: 3 }),
    sealed('b', 'y', { position: 4 }),
    sealed('a', null, { position: 5 }),
  ]);
  const { feed, held } = await open();
  await feed.ready();
  expect([...held]).toEqual([['b', 'y']]);
  expect(feed.applied()).toEqual({ offset: 2n, generation: 1, epoch: 1, position: 5 });
  expect(feed.position()).toBe(3n);
  expect(feed.health().state).toBe('running');
});

it('is ready at once when the topic is empty', async () => {
  const { feed } = await (await scene()).feed();
  await feed.ready();
  expect(feed.applied().offset).toBe(-1n);
  expect(feed.watermarkAgeMs()).toBe(Number.POSITIVE_INFINITY);
});

it('reports strays and goes on behind them', async () => {
  const { bus, feed: open } = await scene();
  const { headers: _, ...unsigned } = sealed('a', 'forged', { position: 9 });
  await bus.publish([sealed('a', 'x'), unsigned, sealed('b', 'y')]);
  const { feed, held, strays } = await open();
  await feed.ready();
  expect(held.get('a')).toBe('x');
  expect(held.get('b')).toBe('y');
  expect(strays).toMatchObject([{ key: 'a', offset: 1n }]);
  expect(feed.strays()).toBe(1);
});

it('knows the last watermark and its age, by the time in it', async () => {
  const { bus, feed: open } = await scene();
  const at = new Date(Date.now() - 60_000).toISOString();
  await bus.publish([sealed('watermark', JSON.stringify({ at }), { epoch: 2, position: 77 })]);
  const { feed } = await open();
  await feed.ready();
  expect(feed.watermark()).toMatchObject({ generation: 1, epoch: 2, position: 77, offset: 0n, atMs: Date.parse(at) });
  expect(feed.watermarkAgeMs()).toBeGreaterThanOrEqual(60_000);
  expect(feed.watermarkAgeMs()).toBeLessThan(90_000);
});

it('does not take a former publisher’s watermark for a sign of life', async () => {
  const { bus, feed: open } = await scene();
  await bus.publish([
    sealed('watermark', '{}', { epoch: 2, position: 77 }),
    sealed('watermark', '{}', { epoch: 1, position: 99 }),
  ]);
  const { feed } = await open();
  await feed.ready();
  expect(feed.watermark()).toMatchObject({ epoch: 2, position: 77 });
});

it('lets callers wait until a log end is in force, and gives up in time', async () => {
  const { bus, feed: open } = await scene();
  const { feed } = await open();
  const standing = feed.standAt(2n);
  await expect(feed.standAt(2n, 5)).rejects.toMatchObject({ code: 'bus/unavailable' });
  await bus.publish([sealed('a', 'x'), sealed('b', 'y')]);
  await standing;
  await feed.standAt(2n);
  expect(feed.applied().offset).toBe(1n);
});

it('goes on from a snapshot, and refuses one of another incarnation of the topic or beyond the log', async () => {
  const { bus, feed: open } = await scene();
  await bus.publish([sealed('a', 'x', { position: 1 }), sealed('a', 'y', { position: 2 })]);
  const applied = { offset: 0n, generation: 1, epoch: 1, position: 1 };
  const [identity] = await bus.identify([topic]);
  const good = await open({ applied, topicId: identity?.topicId ?? '' });
  await good.feed.ready();
  expect(good.held.get('a')).toBe('y');

  const other = await open({ applied, topicId: 'f'.repeat(32) });
  const beyond = await open({ applied: { ...applied, offset: 50n } });
  await waitFor(() => other.incidents.length > 0 && beyond.incidents.length > 0);
  expect(other.incidents[0]?.kind).toBe('another-incarnation');
  expect(beyond.incidents[0]?.kind).toBe('end-moved-back');
  expect(other.held.size + beyond.held.size).toBe(0);
});

it('refuses a topic of several partitions, which have no order between them', async () => {
  const { bus } = await scene();
  await bus.ensureTopics([{ name: 'many', partitions: 2 }]);
  const feed = new StateFeed({ bus, topic: 'many', reader: 'r', macKey, apply: () => undefined });
  await expect(feed.start()).rejects.toThrow('several partitions');
});
