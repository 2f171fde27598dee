import { deriveMacKey, silentLogger, type Bus, type Logger, type TopicSpec } from '#libs/bus';
import { topics as allTopics } from '#libs/contracts';
import type { MigrationObject } from '@mikro-orm/core';
import type { EntityManager, MikroORM } from '@mikro-orm/postgresql';
import type { AggregateDescription, EventReader } from './aggregate.js';
import { openDatabase, PUBLISHER_CONNECTIONS_MAX, type DatabaseOptions } from './database/database.js';
import { migrate } from './database/migrate.js';
import type { EventStore } from './event-store.js';
import { ProjectionRunner } from './projections/projection-runner.js';
import type { ReadModel } from './projections/read-model.js';
import { Publisher } from './publication/publisher.js';
import type { Publication } from './publication/publication.js';
import type { Adopt } from './publication/adopt.js';
import { announceRestore } from './publication/term.js';
import { PostgresSubjectKeys } from './sealing/postgres-subject-keys.js';
import { endedWithin } from './within.js';
import type { SubjectKeys } from './sealing/subject-keys.js';
import { PostgresEventStore } from './store/postgres-event-store.js';
import { storeTopics } from './store/store-topics.js';

export type EventStoreOptions = DatabaseOptions & {
  /** Names the events topic, and the source of what is sent. */
  readonly service: string;
  /** Base64 of at least 32 bytes: wraps the subjects' keys. */
  readonly sealKey: string;
  /** Base64 of at least 32 bytes, the same in all services: MACs state records. */
  readonly busKey: string;
  readonly aggregates: readonly AggregateDescription[];
  readonly readModels?: readonly ReadModel[];
  /** Of the app's own tables, oldest first; unqualified names land in the schema. */
  readonly migrations?: readonly MigrationObject[];
  /** Compacted topics beside those that the aggregates' states name. */
  readonly stateTopics?: readonly string[];
  /** Specs of the topics, where they are not among those of contracts. */
  readonly topicSpecs?: readonly TopicSpec[];
  /** What a restored store takes over from its topics; nothing unless given. */
  readonly adopt?: Adopt;
  readonly logger?: Logger;
  /** The service's clock, where that is not the machine's: watermarks are dated by it. */
  readonly nowIso?: () => string;
};

/** How long a stop waits for the batch in hand; it is in the outbox all the same. */
const PUBLISHER_STOP_MS = 5_000;
const PARTS_STOP_MS = 2_000;

/** Everything that works on one store. */
export type OpenedEventStore = {
  readonly orm: MikroORM;
  readonly em: EntityManager;
  readonly events: EventStore;
  readonly subjectKeys: SubjectKeys;
  readonly publication: Publication;
  readonly projections: ProjectionRunner;
  /** Raises the generation: call it once after the tables were put back to a backup, before anything else. */
  announceRestore(): Promise<void>;
  /** Read models have caught up when it resolves; the publisher takes over in the background. */
  start(): Promise<void>;
  close(): Promise<void>;
};

/** Migrates the schema and opens the store on it. The store can be used at once, but publishes only after `start`. */
export async function openEventStore(options: EventStoreOptions, bus: Bus): Promise<OpenedEventStore> {
  const { service, aggregates, readModels = [], migrations = [], logger = silentLogger } = options;
  const topics = storeTopics(service, aggregates, options.stateTopics);
  await migrate(options, migrations);
  const orm = await openDatabase(options);
  const { em } = orm;
  const publishing = await openDatabase(options, PUBLISHER_CONNECTIONS_MAX);
  const readers = readersOf(aggregates);
  const subjectKeys = new PostgresSubjectKeys(em, Buffer.from(options.sealKey, 'base64'));
  const openAll = (values: readonly unknown[], inside?: EntityManager) => subjectKeys.openAll(values, inside);
  const { nowIso = () => new Date().toISOString() } = options;
  const writer = { service, macKey: deriveMacKey(Buffer.from(options.busKey, 'base64')), nowIso };
  const { adopt } = options;
  const publisher = new Publisher({
    em: publishing.em,
    bus,
    topics,
    writer,
    logger,
    ...(adopt ? { adopt } : {}),
  });
  const projections = new ProjectionRunner({ em, readers, readModels, logger, openAll });
  const committed = async (_position: number, types: readonly string[]) => {
    publisher.wake();
    await projections.catchUp(types);
  };
  return {
    orm,
    em,
    events: new PostgresEventStore({ em, topics, readers, openAll, committed }),
    subjectKeys,
    publication: publisher,
    projections,
    announceRestore: () => announceRestore(em),
    start: async () => {
      await bus.ensureTopics(specsOf([topics.events, ...topics.states], options.topicSpecs));
      await projections.start();
      publisher.start();
    },
    close: async () => {
      await endedWithin(PUBLISHER_STOP_MS, 'publisher', publisher.stop(), logger);
      await endedWithin(PARTS_STOP_MS, 'read models', projections.stop(), logger);
      const pools = Promise.all([orm.close(true), publishing.close(true)]);
      await endedWithin(PARTS_STOP_MS, 'connections', pools, logger);
    },
  };
}

function readersOf(aggregates: readonly AggregateDescription[]): ReadonlyMap<string, EventReader> {
  const readers = new Map<string, EventReader>();
  for (const reader of aggregates.flatMap(({ events }) => events)) {
    const known = readers.get(reader.type);
    if (known && known !== reader) throw new Error(`The event ${reader.type} is declared twice.`);
    readers.set(reader.type, reader);
  }
  return readers;
}

function specsOf(names: readonly string[], more: readonly TopicSpec[] = []): readonly TopicSpec[] {
  const known = new Map([...Object.values(allTopics), ...more].map((spec) => [spec.name, spec]));
  return names.map((name) => {
    const spec = known.get(name);
    if (!spec) throw new Error(`Nothing says how the topic ${name} is to be made.`);
    return spec;
  });
}
