import { createHmac } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryBus } from '#libs/bus';
import { COMPACTION_RETENTION_MS } from '#libs/contracts';
import { silentLogger } from '#libs/telemetry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSnapshot, snapshotKey } from './snapshot-file.js';
import { SnapshotKeeper } from './snapshot-keeper.js';

const busKey = Buffer.alloc(32, 'k');
const topics = ['identity.state', 'policy.state'];
let directory: string;
let bus: MemoryBus;
let nowMs: number;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'snapshot-'));
  nowMs = Date.parse('2026-11-23T09:00:00Z');
  bus = await filledBus('first');
});
afterEach(async () => {
  await bus.close();
  await rm(directory, { recursive: true });
});

async function filledBus(value: string): Promise<MemoryBus> {
  const filled = new MemoryBus();
  await filled.ensureTopics(topics.map((name) => ({ name, partitions: 1 })));
  await filled.publish(topics.flatMap((topic) => [1, 2, 3].map((n) => ({ topic, key: `k${n}`, value }))));
  return filled;
}
const path = () => join(directory, 'deep', 'state');
const keeper = (key = busKey) =>
  new SnapshotKeeper({ path: path(), bus, busKey: key, clock: { nowMs: () => nowMs }, logger: silentLogger, topics });
const applied = { offset: 2n, generation: 1, epoch: 1, position: 3 };
const watermark = { ...applied, atMs: 1_700_000_000_000 };
const chunks = [
  { name: 'identity', bytes: Buffer.from('{"some":"state"}') },
  { name: 'identity/credentials', bytes: Buffer.alloc(100_000, 7) },
];
const feed = (position = 3) => ({
  exportState: async () => {
    const identities = await bus.identify(topics);
    return {
      topics: identities.map((identity) => ({ ...identity, applied: { ...applied, position }, watermark })),
      chunks,
    };
  },
});

it('gives back what was written, to its own user alone', async () => {
  await keeper().write(feed());
  expect((await stat(path())).mode & 0o777).toBe(0o600);
  const restored = await keeper().restore();
  expect(restored?.chunks).toEqual(chunks);
  expect(restored?.topics).toEqual(topics.map((topic) => expect.objectContaining({ topic, applied, watermark })));
});

it('is nothing where there is no file', async () => expect(await keeper().restore()).toBeUndefined());

it('is written again only when something has changed', async () => {
  const own = keeper();
  await own.write(feed());
  await rm(path());
  await own.write(feed());
  await expect(stat(path())).rejects.toThrow(/ENOENT/u);
  await own.write(feed(4));
  expect((await stat(path())).isFile()).toBe(true);
});

describe('is not believed', () => {
  beforeEach(() => keeper().write(feed()));

  it.each([0, 30, 200, -1, -40])('when byte %i was changed', async (at) => {
    const bytes = await readFile(path());
    const index = at < 0 ? bytes.length + at : at;
    bytes[index] = (bytes[index] ?? 0) ^ 1;
    await writeFile(path(), bytes);
    expect(await readSnapshot(path(), snapshotKey(busKey))).toBe('damaged');
    expect(await keeper().restore()).toBeUndefined();
  });

  it('when a former release wrote it, which knew nothing of tokens', async () => {
    const content = Buffer.concat([Buffer.from('gatehouse-snapshot-1\n'), Buffer.alloc(200)]);
    const mac = createHmac('sha256', snapshotKey(busKey)).update(content).digest();
    await writeFile(path(), Buffer.concat([content, mac]), { mode: 0o600 });
    expect(await readSnapshot(path(), snapshotKey(busKey))).toBe('other_version');
    expect(await keeper().restore()).toBeUndefined();
  });

  it('when it was cut', async () => {
    await writeFile(path(), (await readFile(path())).subarray(0, 20));
    expect(await keeper().restore()).toBeUndefined();
  });

  it('under another key', async () => {
    expect(await keeper(Buffer.alloc(32, 'x')).restore()).toBeUndefined();
  });

  it('when others could have read it', async () => {
    await chmod(path(), 0o640);
    expect(await keeper().restore()).toBeUndefined();
  });

  it('when it is as old as tombstones get, since it could revive a key whose end is told nowhere', async () => {
    nowMs += COMPACTION_RETENTION_MS - 1;
    expect(await keeper().restore()).toBeDefined();
    nowMs += 1;
    expect(await keeper().restore()).toBeUndefined();
  });

  it('when it comes from the future', async () => {
    nowMs -= 3_600_000;
    expect(await keeper().restore()).toBeUndefined();
  });

  it('when the topics were made anew', async () => {
    bus = await filledBus('first');
    expect(await keeper().restore()).toBeUndefined();
  });

  it('when the log ends before it', async () => {
    const shorter = { exportState: async () => ({ ...(await feed().exportState()), topics: await later() }) };
    const later = async () =>
      (await feed().exportState()).topics.map((topic) => ({
        ...topic,
        applied: { ...applied, offset: 3n, position: 9 },
      }));
    await keeper().write(shorter);
    expect(await keeper().restore()).toBeUndefined();
  });

  it('when the log says something else at its place', async () => {
    const ids = await bus.identify(topics);
    const other = await filledBus('second');
    // A log that was restored from elsewhere under the same name and id.
    other.identify = () => Promise.resolve(ids);
    bus = other;
    expect(await keeper().restore()).toBeUndefined();
  });
});
