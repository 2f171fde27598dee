import { chmod } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MemoryBus } from '#libs/bus';
import { slowDisk, waitFor } from '#libs/testing';
import { expect, it } from 'vitest';
import { issue, keyStoreOptions, openKeyStore, use, type KeyStore } from '../contract/opened-store.fixture.js';
import { freshCluster } from '../contract/postgres-cluster.fixture.js';
import { readTopic } from '../contract/replica.fixture.js';

const DISK_BYTES = 1 << 29;
const STALLS = 2;
const STALL_SECONDS = 3;
const WRITERS = 6;
const WITHIN_MS = 60_000;

it(
  'a PostgreSQL whose disk stands still under load keeps what it answered, nothing twice, and all of it is published in order',
  { timeout: 300_000 },
  async () => {
    const disk = slowDisk(DISK_BYTES);
    // Where root runs the specs, another user runs the server.
    await chmod(dirname(disk.folder), 0o755);
    const options = { ...(await keyStoreOptions()), databaseUrl: await freshCluster(disk.folder) };
    const store = await openKeyStore(new MemoryBus(), options);
    await store.start();
    const keys = Array.from({ length: WRITERS }, (_, writer) => `k${writer}`);
    for (const key of keys) await issue(store, key);

    const over = new AbortController();
    const [answered, failed]: [string[], string[]] = [[], []];
    let longestMs = 0;
    const write = async (key: string) => {
      for (let n = 0; !over.signal.aborted; n += 1) {
        const [by, sinceMs] = [`${key} ${n}`, performance.now()];
        await use(store, key, by).then(
          () => answered.push(by),
          () => failed.push(by),
        );
        longestMs = Math.max(longestMs, performance.now() - sinceMs);
      }
    };
    const writing = keys.map(write);
    for (let stall = 0; stall < STALLS; stall += 1) {
      const before = answered.length;
      await waitFor(() => answered.length > before + WRITERS, { timeoutMs: WITHIN_MS, what: 'writes to go on' });
      await disk.stall(STALL_SECONDS);
    }
    const before = answered.length;
    await waitFor(() => answered.length > before + WRITERS, { timeoutMs: WITHIN_MS, what: 'writes after the stalls' });
    over.abort();
    await Promise.all(writing);

    const events = await allOf(store);
    const stored = events.flatMap(({ event }) => (event.data as { by?: string }).by ?? []);
    expect(longestMs).toBeGreaterThan((STALL_SECONDS * 1_000) / 2);
    expect(new Set(stored).size).toBe(stored.length);
    expect(answered.filter((by) => !stored.includes(by))).toEqual([]);
    // What was not answered may be there or not; nothing else is.
    expect(stored.filter((by) => !answered.includes(by) && !failed.includes(by))).toEqual([]);
    const positions = events.map(({ position }) => position);
    expect(positions).toEqual(positions.map((_, index) => index + 1));
    expect(await store.publication.reached(positions.length, WITHIN_MS)).toBe(true);
    const published = (await readTopic(store.bus, `${options.service}.events.v1`)).map(
      ({ headers }) => headers.gh_position,
    );
    expect(published).toEqual(positions.map(String));
  },
);

async function allOf({ events }: KeyStore) {
  const found = [...(await events.read({ afterPosition: 0 }))];
  for (let last = found.at(-1), more = found; last && more.length > 0; last = found.at(-1)) {
    more = [...(await events.read({ afterPosition: last.position }))];
    found.push(...more);
  }
  return found;
}
