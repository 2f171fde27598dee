import { createHash } from 'node:crypto';
import type { Bus, BusRecord } from '#libs/bus';

const waitMsMax = 5_000;

/**
 * SHA-256 over key and value of the record at an offset, hex. Null where the log has none there (compaction took it, or
 * the log ends before) or does not answer in time.
 */
export async function digestOfRecordAt(bus: Bus, topic: string, offset: bigint): Promise<string | null> {
  if (offset < 0n) return null;
  const found = Promise.withResolvers<BusRecord | null>();
  const timer = setTimeout(() => found.resolve(null), waitMsMax);
  const replay = await bus.replay({
    reader: 'gateway.snapshot',
    topics: [topic],
    from: [{ topic, partition: 0, next: offset }],
    batchMax: 1,
    onRecords: ([first]) => found.resolve(first ?? null),
  });
  // At the end of the log nothing comes any more.
  void replay.caughtUp.then(() => found.resolve(null));
  try {
    const record = await found.promise;
    return record?.offset === offset ? digestOf(record) : null;
  } finally {
    clearTimeout(timer);
    await replay.close();
  }
}

function digestOf({ key, value }: BusRecord): string {
  const hash = createHash('sha256');
  for (const part of [key, value]) hash.update(`${part?.length ?? -1}:`).update(part ?? '');
  return hash.digest('hex');
}
