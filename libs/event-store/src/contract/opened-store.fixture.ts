import { MemoryBus, type Bus, type TopicSpec } from '#libs/bus';
import { freshDatabase, freshName } from '#libs/testing';
import { randomBytes } from 'node:crypto';
import { afterAll } from 'vitest';
import type { Aggregate } from '../aggregate.js';
import { openEventStore, type EventStoreOptions, type OpenedEventStore } from '../open-event-store.js';
import { keyAggregate, type KeyCommand, type KeyEvent, type KeyState } from './key-aggregate.fixture.js';
import { keyList, KeyListTable } from './key-list.fixture.js';

/** A store of the spec's keys, with all that is needed to open it once more. */
export type KeyStore = OpenedEventStore & {
  readonly bus: Bus;
  readonly options: EventStoreOptions;
  readonly keys: Aggregate<KeyState, KeyCommand, KeyEvent>;
  readonly topic: string;
};

export const context = { actor: 'user_1', tenantId: 'acme', requestId: 'request-1', decisionId: 'decision-1' };

const opened: OpenedEventStore[] = [];
afterAll(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()));
});

/** Options of a store of its own: fresh database, fresh topics. */
export async function keyStoreOptions(): Promise<EventStoreOptions> {
  const service = freshName('keys');
  const topic = `${service}.state.v1`;
  return {
    service,
    schema: 'spec',
    databaseUrl: await freshDatabase(),
    sealKey: randomBytes(32).toString('base64'),
    busKey: randomBytes(32).toString('base64'),
    aggregates: [keyAggregate(topic)],
    readModels: [keyList(1)],
    migrations: [{ name: 'Migration1_key_list', class: KeyListTable }],
    topicSpecs: [compacted(topic), { name: `${service}.events.v1`, partitions: 1, config: {} }],
  };
}

const compacted = (name: string): TopicSpec => ({ name, partitions: 1, config: { 'cleanup.policy': 'compact' } });

/** Opens a store of keys; closed after the spec file. It publishes once it is started. */
export async function openKeyStore(bus: Bus = new MemoryBus(), given?: EventStoreOptions): Promise<KeyStore> {
  const options = given ?? (await keyStoreOptions());
  const store = await openEventStore(options, bus);
  opened.push(store);
  const topic = `${options.service}.state.v1`;
  return { ...store, bus, options, keys: keyAggregate(topic), topic };
}

/** Issues a key with a sealed name. */
export async function issue({ events, subjectKeys, keys }: KeyStore, keyId: string, name = 'ada@acme.example') {
  const sealed = await subjectKeys.seal('user_1', name);
  return events.execute(keys, keyId, { do: 'issue', keyId, name: sealed }, { context });
}

export const use = ({ events, keys }: KeyStore, keyId: string, by = 'somebody') =>
  events.execute(keys, keyId, { do: 'use', keyId, by }, { context });

export const revoke = ({ events, keys }: KeyStore, keyId: string) =>
  events.execute(keys, keyId, { do: 'revoke', keyId }, { context });
