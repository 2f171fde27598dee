import { Bus } from '../bus.js';
import { BusError } from '../bus-error.js';
import type { OutgoingRecord, PublishedRange, TopicPartition } from '../bus-record.js';
import { systemClock, type BusClock } from '../clock.js';
import type { CommittedOffset, ConsumeOptions, Consumption } from '../consumption.js';
import { recordBytes } from '../kafka/kafka-record.js';
import type { Replay, ReplayOptions } from '../replay/replay.js';
import type { EndOffsets, LogEnd, TopicIdentity, TopicSpec } from '../topic-spec.js';
import { MemoryConsumption } from './memory-consumption.js';
import { MemoryLog } from './memory-log.js';
import { MemoryReplay } from './memory-replay.js';

/** {@link Bus} without a broker, for unit specs; keeps everything, compacts nothing. */
export class MemoryBus extends Bus {
  private readonly readers = new Set<Consumption | Replay>();
  private closed = false;

  constructor(
    readonly log = new MemoryLog(),
    private readonly clock: BusClock = systemClock,
  ) {
    super();
  }

  override async ensureTopics(specs: readonly TopicSpec[]): Promise<void> {
    for (const spec of specs) this.log.ensure(spec);
  }

  override async publish(records: readonly OutgoingRecord[]): Promise<readonly PublishedRange[]> {
    if (this.closed) throw new BusError('bus/closed', 'The bus is closed', false);
    for (const record of records) recordBytes(record);
    return this.log.append(records, this.clock.wallMs());
  }

  override async consume(options: ConsumeOptions): Promise<Consumption> {
    if (this.closed) throw new BusError('bus/closed', 'The bus is closed', false);
    const consumption = new MemoryConsumption(options, this.log, this.log.group(options.group), this.clock);
    this.readers.add(consumption);
    return consumption;
  }

  override async replay(options: ReplayOptions): Promise<Replay> {
    if (this.closed) throw new BusError('bus/closed', 'The bus is closed', false);
    const replay = new MemoryReplay(options, this.log, this.clock);
    this.readers.add(replay);
    return replay;
  }

  override async endOffsets(topics: readonly string[]): Promise<EndOffsets> {
    const askedAtMs = this.clock.monotonicMs();
    return { askedAtMs, partitions: topics.flatMap((topic) => this.log.bounds(topic)) };
  }

  override async logEnds(topics: readonly string[]): Promise<readonly LogEnd[]> {
    return (await this.endOffsets(topics)).partitions;
  }

  override async committedOffsets(
    group: string,
    topics: readonly string[],
  ): Promise<readonly (TopicPartition & CommittedOffset)[]> {
    const places = topics.flatMap((topic) => this.log.bounds(topic));
    return places.flatMap(({ topic, partition }) => {
      const committed = this.log.committed(group, topic, partition);
      return committed ? [{ topic, partition, ...committed }] : [];
    });
  }

  override async identify(topics: readonly string[]): Promise<readonly TopicIdentity[]> {
    return topics.map((topic) => this.log.identity(topic));
  }

  override async close(timeoutMs?: number): Promise<void> {
    this.closed = true;
    await Promise.all([...this.readers].map((reader) => reader.close(timeoutMs)));
  }
}
