import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { setTimeout as pause } from 'node:timers/promises';
import { BusError } from '../bus-error.js';
import type { BusClock } from '../clock.js';
import type { CommittedOffset } from '../consumption.js';
import type { EndOffsets, LogEnd, TopicIdentity, TopicSpec } from '../topic-spec.js';
import { openCluster, typeOf, type Cluster } from '#libs/kafka';
import { fetchBounds, fetchEnds, fetchStarts, type LogStart } from './log-bounds.js';
import { fetchTopicIds } from './topic-ids.js';
import { applyConfig } from './topic-config.js';

// Node itself, unlike bundlers, finds only some names in this CommonJS module; the default holds all of them.
const { KafkaJSAggregateError } = kafkajs;

const ATTEMPTS_MAX = 5;
const RETRY_MS = 200;
/** Who leads a partition is asked again after so long, and at once when an answer shows that it was another. */
const METADATA_MAX_AGE_MS = 300_000;

/** Questions and orders about topics and groups, over lazily made connections that are renewed when one fails. */
export class KafkaTopics {
  private admin: Promise<Admin> | undefined;
  private cluster: Promise<Cluster> | undefined;
  private closed = false;

  constructor(
    private readonly kafka: Kafka,
    private readonly clock: BusClock,
  ) {}

  async ensure(specs: readonly TopicSpec[]): Promise<void> {
    await this.asking(async (admin) => {
      const existing = new Set(await admin.listTopics());
      const missing = specs.filter(({ name }) => !existing.has(name));
      if (missing.length > 0) await create(admin, missing);
      const { topics } = await admin.fetchTopicMetadata({ topics: specs.map(({ name }) => name) });
      for (const { name, partitions } of specs) {
        const found = topics.find((topic) => topic.name === name)?.partitions.length;
        if (found === partitions) continue;
        throw new BusError('bus/partition-mismatch', `${name} has ${found} partitions, not ${partitions}`, false);
      }
      await applyConfig(
        admin,
        specs.filter(({ name }) => existing.has(name)),
      );
      // Made a moment ago, perhaps by somebody else: the broker asked may not have heard of it yet.
    }, ATTEMPTS_MAX);
  }

  async endOffsets(topics: readonly string[]): Promise<EndOffsets> {
    const askedAtMs = this.clock.monotonicMs();
    return { askedAtMs, partitions: await this.askingLeaders((cluster) => fetchBounds(cluster, topics)) };
  }

  ends(topics: readonly string[]): Promise<readonly LogEnd[]> {
    return this.askingLeaders((cluster) => fetchEnds(cluster, topics));
  }

  /** The first offset kept of every partition. */
  starts(topics: readonly string[]): Promise<readonly LogStart[]> {
    return this.askingLeaders((cluster) => fetchStarts(cluster, topics));
  }

  /** What a group has committed for one topic, by partition; partitions without a commit are absent. */
  async committed(group: string, topic: string): Promise<ReadonlyMap<number, CommittedOffset>> {
    const answers = await this.asking((admin) => admin.fetchOffsets({ groupId: group, topics: [topic] }));
    const found = answers.flatMap(({ partitions }) => partitions);
    return new Map(
      found.flatMap(({ partition, offset, metadata }) => {
        const next = BigInt(offset);
        return next < 0n ? [] : [[partition, { offset: next, metadata: metadata || null }] as const];
      }),
    );
  }

  async identify(topics: readonly string[]): Promise<readonly TopicIdentity[]> {
    return this.askingLeaders((cluster) => fetchTopicIds(cluster, topics));
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.drop();
  }

  private asking<Answer>(ask: (admin: Admin) => Promise<Answer>, unknownMax?: number): Promise<Answer> {
    return this.patiently(async () => ask(await (this.admin ??= this.connect())), unknownMax);
  }

  private askingLeaders<Answer>(ask: (cluster: Cluster) => Promise<Answer>): Promise<Answer> {
    return this.patiently(async () => ask(await (this.cluster ??= this.openCluster())));
  }

  private async patiently<Answer>(ask: () => Promise<Answer>, unknownMax = 2): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      if (this.closed) throw new BusError('bus/closed', 'The bus is closed', false);
      try {
        return await ask();
      } catch (error) {
        if (error instanceof BusError) throw error;
        await this.drop();
        if (isUnknownTopic(error) && attempt >= unknownMax) {
          throw new BusError('bus/unknown-topic', 'A topic does not exist', true, { cause: error });
        }
        if (attempt >= ATTEMPTS_MAX) {
          throw new BusError('bus/unavailable', 'The brokers did not answer', true, { cause: error });
        }
        await pause(RETRY_MS * attempt);
      }
    }
  }

  private async connect(): Promise<Admin> {
    const admin = this.kafka.admin();
    await admin.connect();
    return admin;
  }

  private async openCluster(): Promise<Cluster> {
    const cluster = openCluster(this.kafka, METADATA_MAX_AGE_MS);
    await cluster.connect();
    return cluster;
  }

  private async drop(): Promise<void> {
    const { admin, cluster } = this;
    this.admin = undefined;
    this.cluster = undefined;
    // Whatever a broken connection says on its way out is no news.
    await Promise.allSettled([admin?.then((a) => a.disconnect()), cluster?.then((c) => c.disconnect())]);
  }
}

async function create(admin: Admin, specs: readonly TopicSpec[]): Promise<void> {
  const topics = specs.map(({ name, partitions, config = {}, replicationFactor = -1 }) => ({
    topic: name,
    numPartitions: partitions,
    replicationFactor,
    configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
  }));
  try {
    await admin.createTopics({ topics, waitForLeaders: true });
  } catch (error) {
    // Somebody else was faster with some of them: as good as done, the partitions are compared afterwards.
    const errors = error instanceof KafkaJSAggregateError ? error.errors : [error];
    const others = errors.filter((e) => typeOf(e) !== 'TOPIC_ALREADY_EXISTS');
    if (others.length > 0) throw error;
  }
}

function isUnknownTopic(error: unknown): boolean {
  return typeOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION';
}
