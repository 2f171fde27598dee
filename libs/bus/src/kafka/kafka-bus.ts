import { kafkaClient, openFetches, silentLogger, within } from '#libs/kafka';
import { Bus } from '../bus.js';
import { BusError } from '../bus-error.js';
import type { OutgoingRecord, PublishedRange, TopicPartition } from '../bus-record.js';
import { systemClock, type BusClock } from '../clock.js';
import type { CommittedOffset, ConsumeOptions, Consumption } from '../consumption.js';
import type { Replay, ReplayOptions } from '../replay/replay.js';
import type { EndOffsets, LogEnd, TopicIdentity, TopicSpec } from '../topic-spec.js';
import { KafkaConsumption } from './kafka-consumption.js';
import type { ReaderParts } from './kafka-reader.js';
import { recordBytes } from './kafka-record.js';
import { KafkaReplay } from './kafka-replay.js';
import { KafkaSender } from './kafka-sender.js';
import * as settings from './kafka-settings.js';
import { KafkaTopics } from './kafka-topics.js';
import { LogWatch } from './log-watch.js';
import { PublishQueue } from './publish-queue.js';

/** {@link Bus} over Apache Kafka. Connects when it is first needed; one connection set per reader. */
export class KafkaBus extends Bus {
  private readonly topics: KafkaTopics;
  private readonly watch: LogWatch;
  private readonly sender: KafkaSender;
  private readonly queue: PublishQueue;
  private readonly parts: ReaderParts;
  private readonly readers = new Set<Consumption | Replay>();
  private closing: Promise<void> | undefined;

  constructor(options: settings.KafkaBusOptions, clock: BusClock = systemClock) {
    super();
    const { publishTimeoutMs = settings.PUBLISH_TIMEOUT_MS, logger = silentLogger } = options;
    const { logCheckMs = settings.LOG_CHECK_MS, replaySessionMs = settings.REPLAY_SESSION_MS } = options;
    const kafka = () => kafkaClient(options);
    this.parts = { kafka, openFetches, logger, clock, replaySessionMs };
    this.topics = new KafkaTopics(kafka(), clock);
    this.watch = new LogWatch(this.topics, logCheckMs);
    this.sender = new KafkaSender(kafka(), publishTimeoutMs);
    this.queue = new PublishQueue((records) => this.sender.send(records), {
      queueBytesMax: options.publishQueueBytesMax ?? settings.PUBLISH_QUEUE_BYTES_MAX,
      sendBytesMax: settings.SEND_BYTES_MAX,
      sendRecordsMax: settings.SEND_RECORDS_MAX,
    });
  }

  override ensureTopics(specs: readonly TopicSpec[]): Promise<void> {
    return this.topics.ensure(specs);
  }

  override publish(records: readonly OutgoingRecord[]): Promise<readonly PublishedRange[]> {
    return this.queue.publish(records, recordBytes);
  }

  override consume(options: ConsumeOptions): Promise<Consumption> {
    const consumption = new KafkaConsumption(options, this.topics, this.parts);
    return this.opened(consumption, () => consumption.start());
  }

  override async replay(options: ReplayOptions): Promise<Replay> {
    const replay = await KafkaReplay.prepare(options, { topics: this.topics, watch: this.watch }, this.parts);
    return this.opened(replay, () => replay.start());
  }

  override endOffsets(topics: readonly string[]): Promise<EndOffsets> {
    return this.topics.endOffsets(topics);
  }

  override logEnds(topics: readonly string[]): Promise<readonly LogEnd[]> {
    return this.topics.ends(topics);
  }

  override async committedOffsets(
    group: string,
    topics: readonly string[],
  ): Promise<readonly (TopicPartition & CommittedOffset)[]> {
    const byTopic = await Promise.all(
      topics.map(async (topic) => [topic, await this.topics.committed(group, topic)] as const),
    );
    return byTopic.flatMap(([topic, held]) =>
      [...held].map(([partition, committed]) => ({ topic, partition, ...committed })),
    );
  }

  override identify(topics: readonly string[]): Promise<readonly TopicIdentity[]> {
    return this.topics.identify(topics);
  }

  override close(timeoutMs = 10_000): Promise<void> {
    this.closing ??= this.shut(timeoutMs);
    return this.closing;
  }

  /** A reader is closed with the bus from the moment it is made, also while it still looks for the brokers. */
  private async opened<Reader extends Consumption | Replay>(reader: Reader, start: () => Promise<unknown>) {
    if (this.closing) throw new BusError('bus/closed', 'The bus is closed', false);
    this.readers.add(reader);
    await start();
    return reader;
  }

  private async shut(timeoutMs: number): Promise<void> {
    await within(timeoutMs, Promise.all([...this.readers].map((reader) => reader.close(timeoutMs))));
    await within(timeoutMs, this.queue.close());
    await within(timeoutMs, Promise.all([this.sender.close(), this.topics.close()]));
  }
}
