import { mayApply, verifyRecord, type BusRecord, type Place } from '#libs/bus';
import { WATERMARK_KEY } from '#libs/contracts';
import { takeAppendLock } from '../store/append-lock.js';
import { selectHeads } from '../store/event-rows.js';
import { forgetOutbox, nextSeq } from '../store/outbox.js';
import { selectStates, stateId, upsertStates, type StateRow } from '../store/state-records.js';
import type { PublisherParts } from './publisher-parts.js';
import { republishTopic } from './republish.js';
import { endRestore, type Term } from './term.js';

type Found = { readonly value: string | null; readonly place: Place };

/**
 * What a publisher does first in a restored store: reads each state topic as a whole, takes over what is narrower
 * there, withdraws what the tables do not know, and publishes all state under the new generation.
 */
export async function restore(parts: PublisherParts, term: Term): Promise<{ adopted: number; withdrawn: number }> {
  const total = { adopted: 0, withdrawn: 0 };
  for (const topic of parts.topics.states) {
    const differing = await readDiffering(parts, topic);
    const { adopted, withdrawn } = await takeOver(parts, topic, differing);
    total.adopted += adopted;
    total.withdrawn += withdrawn;
    await republishTopic(parts, term, topic);
  }
  await endRestore(parts.em, term);
  return total;
}

/** The last valid record of each key whose content is not what the tables say. */
async function readDiffering(parts: PublisherParts, topic: string): Promise<ReadonlyMap<string, Found>> {
  const found = new Map<string, Found>();
  const places = new Map<string, Place>();
  const take = async (records: readonly BusRecord[]) => {
    const batch = new Map<string, Found>();
    for (const record of records) {
      const verified = verifyRecord(parts.writer.macKey, record);
      if (!verified.ok || verified.record.key === WATERMARK_KEY) continue;
      const { key, value, generation, epoch, position } = verified.record;
      const place = { offset: record.offset, generation, epoch, position };
      if (!mayApply(place, places.get(key))) continue;
      places.set(key, place);
      batch.set(key, { value: value?.toString('utf8') ?? null, place });
    }
    const held = await selectStates(
      parts.em,
      [...batch.keys()].map((key) => ({ topic, key })),
    );
    for (const [key, one] of batch) {
      if ((held.get(stateId({ topic, key }))?.value ?? null) === one.value) found.delete(key);
      else found.set(key, one);
    }
  };
  const replay = await parts.bus.replay({
    reader: `${parts.writer.service}.publisher-restore`,
    topics: [topic],
    onRecords: take,
  });
  try {
    await replay.caughtUp;
  } finally {
    await replay.close();
  }
  return found;
}

async function takeOver(parts: PublisherParts, topic: string, found: ReadonlyMap<string, Found>) {
  let adopted = 0;
  let withdrawn = 0;
  await parts.em.fork().transactional(async (transaction) => {
    const tx = transaction as typeof parts.em;
    await takeAppendLock(tx);
    const { lastPosition } = await selectHeads(tx, []);
    const keys = [...found.keys()].map((key) => ({ topic, key }));
    const held = await selectStates(tx, keys);
    let seq = await nextSeq(tx, lastPosition);
    const rows: StateRow[] = [];
    for (const [key, { value }] of found) {
      const before = held.get(stateId({ topic, key }))?.value ?? undefined;
      const record = value === null ? null : (JSON.parse(value) as object);
      const narrower = parts.adopt?.({ topic, key, record }, before === undefined ? undefined : JSON.parse(before));
      if (narrower === undefined && (before !== undefined || value === null)) continue;
      if (narrower === undefined) withdrawn += 1;
      else adopted += 1;
      const now = narrower ? JSON.stringify(narrower) : null;
      rows.push({ topic, key, value: now, position: lastPosition, seq: seq++ });
    }
    await upsertStates(tx, rows);
    // What waits to be sent for these keys is wider than what they say now.
    await forgetOutbox(tx, rows);
  });
  return { adopted, withdrawn };
}
