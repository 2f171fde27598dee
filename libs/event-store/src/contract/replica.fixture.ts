import { deriveMacKey, StateFeed, type Bus } from '#libs/bus';
import { freshName } from '#libs/testing';
import { afterAll } from 'vitest';
import type { KeyRecord } from './key-aggregate.fixture.js';
import type { KeyStore } from './opened-store.fixture.js';

/** A replica as the gateway is one: it reads the state topic from its beginning and applies what it may. */
export type Replica = {
  readonly feed: StateFeed;
  readonly records: ReadonlyMap<string, KeyRecord>;
};

const replicas: Replica[] = [];
afterAll(async () => {
  await Promise.all(replicas.splice(0).map(({ feed }) => feed.close()));
});

/** Resolves when it has everything that is in the log now. */
export async function freshReplica({
  bus,
  topic,
  options,
}: Pick<KeyStore, 'bus' | 'topic' | 'options'>): Promise<Replica> {
  const records = new Map<string, KeyRecord>();
  const feed = new StateFeed({
    bus,
    topic,
    reader: freshName('replica'),
    macKey: deriveMacKey(Buffer.from(options.busKey, 'base64')),
    apply: (key, value) => {
      if (!key.startsWith('key/')) return;
      if (value) records.set(key, JSON.parse(value.toString('utf8')));
      else records.delete(key);
    },
  });
  const replica = { feed, records };
  replicas.push(replica);
  await feed.start();
  await feed.ready();
  return replica;
}

/** What a replica that starts now is told of a key. */
export async function statusForFreshReplica(store: Pick<KeyStore, 'bus' | 'topic' | 'options'>, keyId: string) {
  const { feed, records } = await freshReplica(store);
  await feed.close();
  return records.get(`key/${keyId}`)?.status;
}

/** Everything in a topic's one partition now. */
export async function readTopic(bus: Bus, topic: string) {
  const records: { key: string; offset: bigint; value: string | null; headers: Record<string, string> }[] = [];
  const replay = await bus.replay({
    reader: freshName('reader'),
    topics: [topic],
    onRecords: (some) => {
      for (const { key, offset, value, headers } of some) {
        const texts = Object.entries(headers).map(([name, bytes]) => [name, bytes.toString('utf8')]);
        records.push({
          key: key?.toString('utf8') ?? '',
          offset,
          value: value?.toString('utf8') ?? null,
          headers: Object.fromEntries(texts),
        });
      }
    },
  });
  await replay.caughtUp;
  await replay.close();
  return records;
}
