import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import { fromSourceArgv } from '#libs/spool';
import { waitFor } from '#libs/testing';
import { expect, it } from 'vitest';
import { CredentialTable } from './credential-table.js';
import type { HammerData, HammerReport } from './hammer.worker.fixture.js';
import { hammered, idOf, versionOf } from './hammered.fixture.js';

const READERS = 2;
/** Threads are started from the sources: on a busy machine most of the time goes there. */
const START_MS_MAX = 120_000;
const ROUNDS = 4;
const PLACES_A_ROUND = 100_000;

/** Writes as the feed does: the place, then the content. */
function writerOf(table: CredentialTable, start = 0) {
  let position = start;
  const version = () => position % 1_000_000;
  const put = (keyId: string, status?: 'active' | 'revoked') => {
    position += 1;
    table.setPlace(keyId, { offset: BigInt(position), generation: 1, epoch: 1, position });
    table.put(table.find(keyId), versionOf(keyId, version(), status), version() + 1, version() + 2);
  };
  return { put, remove: (keyId: string) => table.remove(keyId) };
}

/** Shared with the readers: whether all is over, what was revoked, and how many records each has found. */
function sharedFlags() {
  const flags = new SharedArrayBuffer((1 + hammered.mortal + READERS) * Int32Array.BYTES_PER_ELEMENT);
  const said = new Int32Array(flags);
  const foundLeast = () =>
    Math.min(...Array.from({ length: READERS }, (_, n) => Atomics.load(said, 1 + hammered.mortal + n)));
  return { flags, said, foundLeast };
}

function startReader(table: CredentialTable, flags: SharedArrayBuffer, number: number) {
  const { port1, port2 } = new MessageChannel();
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  const { share, end } = table.share((news) => port1.postMessage(news));
  const workerData: HammerData = { share, port: port2, flags, number };
  const options = { workerData, transferList: [port2], execArgv: [...fromSourceArgv()] };
  const worker = new Worker(new URL('./hammer.worker.fixture.ts', import.meta.url), options);
  const close = async () => {
    end();
    port1.close();
    await worker.terminate();
  };
  return { worker, close };
}

/** Keys are changed, rotated, removed, added and in the second half revoked, and the index is made anew. */
async function hammer(table: CredentialTable, said: Int32Array, round: number): Promise<void> {
  const { put, remove } = writerOf(table, round * PLACES_A_ROUND);
  const count = hammered.coming / ROUNDS;
  for (let n = round * count; n < (round + 1) * count; n += 1) {
    put(idOf('s', n % hammered.steady));
    put(idOf('c', n));
    // What goes leaves its slot to the next that comes.
    if (n % 3 === 0) remove(idOf('c', n >> 1));
    const mortal = n % hammered.mortal;
    const isRevoked = round >= ROUNDS / 2;
    put(idOf('m', mortal), isRevoked ? 'revoked' : 'active');
    if (isRevoked) Atomics.store(said, 1 + mortal, 1);
    // The readers' threads take turns with this one where there are few cores.
    if (n % 250 === 0) await new Promise(setImmediate);
  }
}

it(
  'threads that read while another writes see whole records only, never miss a key that stays, and none that is revoked as active',
  async () => {
    const table = new CredentialTable();
    const { put } = writerOf(table);
    for (let n = 0; n < hammered.steady; n += 1) put(idOf('s', n));
    const { flags, said, foundLeast } = sharedFlags();
    const told: string[] = [];
    table.share(({ kind }) => told.push(kind));
    const readers = Array.from({ length: READERS }, (_, n) => startReader(table, flags, n));
    await Promise.all(readers.map(({ worker }) => once(worker, 'message')));
    const reports = Promise.all(readers.map(({ worker }) => once(worker, 'message') as Promise<[HammerReport]>));
    for (let round = 0; round < ROUNDS; round += 1) {
      const found = foundLeast();
      await hammer(table, said, round);
      // However the machine shares its cores out, each round is read by all of them.
      await waitFor(() => foundLeast() > found);
    }
    Atomics.store(said, 0, 1);
    for (const [report] of await reports) expect(report.faults).toEqual([]);
    expect(told.filter((kind) => kind === 'cells').length).toBeGreaterThan(1);
    await Promise.all(readers.map(({ close }) => close()));
  },
  START_MS_MAX,
);
