import { setTimeout as pause } from 'node:timers/promises';
import type { Consumer, EachBatchPayload } from 'kafkajs';
import { BackOff } from '../back-off.js';
import { BusError } from '../bus-error.js';
import { firstOffset } from '../first-offset.js';
import type { BusRecord, TopicPartition } from '../bus-record.js';
import type { AssignedPartition, CommittedOffset, ConsumedBatch, ConsumeOptions, Consumption } from '../consumption.js';
import type { ReaderHealth, TopicChoice } from '../reader-health.js';
import { commitOffset } from './kafka-commits.js';
import { KafkaReader, type ReaderParts } from './kafka-reader.js';
import { readRecord } from './kafka-record.js';
import { CONSUME_WAIT_MS, PARTITION_BYTES_MAX } from './kafka-settings.js';
import type { KafkaTopics } from './kafka-topics.js';
import { KeepAlive } from './keep-alive.js';

/** One join's worth of ownership; what belongs to an earlier one may neither deliver nor commit. */
type Assignment = {
  readonly consumer: Consumer;
  readonly partitions: ReadonlyMap<string, TopicPartition>;
  readonly over: AbortController;
  /** Next offset to be delivered, by partition; nothing below it is. */
  readonly next: Map<string, bigint>;
  /** Settles when every partition has been placed at its committed offset and `onAssigned` is done. */
  placed: Promise<void>;
};

/** Reads as a member of a group. At each join and after each failure it begins at the committed offsets, explicitly. */
export class KafkaConsumption implements Consumption {
  private readonly reader: KafkaReader;
  private readonly backOff = new BackOff(100, 10_000);
  /** Handlers at work, of whichever assignment. */
  private readonly working = new Set<Promise<unknown>>();
  private assignment: Assignment | undefined;
  private fetchedMs = 0;

  constructor(
    private readonly options: ConsumeOptions,
    private readonly topics: KafkaTopics,
    parts: ReaderParts,
  ) {
    const { group, topics: names } = options;
    this.reader = new KafkaReader(
      {
        group,
        alone: false,
        topics: names,
        maxWaitMs: CONSUME_WAIT_MS,
        partitionBytesMax: options.partitionBytesMax ?? PARTITION_BYTES_MAX,
        partitionsConcurrently: options.partitionsConcurrently ?? 1,
        onJoin: (assignment, consumer) => this.joined(assignment, consumer),
        onBatch: (payload) => this.deliver(payload),
        onFetched: () => (this.fetchedMs = performance.now()),
        onRestart: () => this.assignment?.over.abort(),
      },
      parts,
    );
  }

  async start(): Promise<this> {
    await this.reader.start();
    return this;
  }

  health(): ReaderHealth {
    return this.reader.health([]);
  }

  pause(topics?: TopicChoice): void {
    this.reader.pause(topics);
  }

  resume(topics?: TopicChoice): void {
    this.reader.resume(topics);
  }

  async close(timeoutMs?: number): Promise<void> {
    await this.reader.close(timeoutMs);
  }

  private joined(byTopic: Readonly<Record<string, number[]>>, consumer: Consumer): void {
    const owned = Object.entries(byTopic).flatMap(([topic, numbers]) =>
      numbers.map((partition) => [`${topic}/${partition}`, { topic, partition }] as const),
    );
    const former = this.assignment;
    former?.over.abort();
    const next: Assignment = {
      consumer,
      partitions: new Map(owned),
      over: new AbortController(),
      next: new Map(),
      placed: Promise.resolve(),
    };
    this.assignment = next;
    const revoked = [...(former?.partitions ?? [])].filter(([name]) => !next.partitions.has(name));
    const lost = revoked.map(([, partition]) => partition);
    next.placed = this.takeOver(next, lost, Promise.allSettled(this.working));
  }

  /** Handlers of the former assignment end first, so that no partition is ever in two hands of this process. */
  private async takeOver(next: Assignment, lost: readonly TopicPartition[], ended: Promise<unknown>): Promise<void> {
    await ended;
    this.revoke(lost);
    await this.place(next, [...next.partitions.values()]);
  }

  private revoke(partitions: readonly TopicPartition[]): void {
    if (partitions.length === 0) return;
    try {
      this.options.onRevoked?.(partitions);
    } catch (error) {
      this.reader.reportHandler(error);
    }
  }

  /** Tells the handler where the partitions stand and moves the reader there; repeats until it has worked. */
  private async place(assignment: Assignment, partitions: readonly TopicPartition[]): Promise<void> {
    const backOff = new BackOff(100, 5000);
    const signal = AbortSignal.any([assignment.over.signal, this.reader.closing]);
    for (; !signal.aborted; await backOff.wait(signal)) {
      try {
        const assigned = await Promise.all(partitions.map((partition) => this.standing(partition)));
        await this.options.onAssigned?.(assigned);
        if (signal.aborted) return;
        for (const { topic, partition, next } of assigned) {
          assignment.next.set(`${topic}/${partition}`, next);
          assignment.consumer.seek({ topic, partition, offset: String(next) });
        }
        return;
      } catch (error) {
        this.reader.handlerFailures += 1;
        this.reader.reportHandler(error);
      }
    }
  }

  private async standing({ topic, partition }: TopicPartition): Promise<AssignedPartition> {
    const committed = await this.committed({ topic, partition });
    const { partitions } = await this.topics.endOffsets([topic]);
    const bounds = partitions.find((bound) => bound.partition === partition);
    if (!bounds) throw new BusError('bus/unknown-topic', `${topic}/${partition} does not exist`, true);
    const next = firstOffset(bounds, committed, this.options.from);
    if (committed && committed.offset !== next) this.reader.reportGap({ topic, partition }, committed.offset, next);
    return { topic, partition, committed, next };
  }

  private async committed({ topic, partition }: TopicPartition): Promise<CommittedOffset | null> {
    return (await this.topics.committed(this.options.group, topic)).get(partition) ?? null;
  }

  private async deliver(payload: EachBatchPayload): Promise<void> {
    const { assignment } = this;
    const { topic, partition } = payload.batch;
    if (!assignment?.partitions.has(`${topic}/${partition}`)) return;
    const alive = new KeepAlive(payload, AbortSignal.any([this.reader.closing, assignment.over.signal]));
    try {
      await this.handOut(payload, alive, assignment);
      await this.gather(payload, alive.signal);
    } finally {
      alive.stop();
    }
    if (alive.rejoin) throw alive.rejoin;
    if (alive.isUnheard) await this.place(assignment, [{ topic, partition }]);
  }

  /** kafkajs fetches again when all partitions of this fetch are delivered; those that wait, wait for the same moment. */
  private async gather({ batch }: EachBatchPayload, signal: AbortSignal): Promise<void> {
    const { gatherMs = 0 } = this.options;
    const leftMs = this.fetchedMs + gatherMs - performance.now();
    if (leftMs <= 0 || BigInt(batch.lastOffset()) + 1n < BigInt(batch.highWatermark)) return;
    await pause(leftMs, undefined, { signal }).catch(() => undefined);
  }

  /** Hands a fetch to the handler in batches, as long as the partition is ours and the handler takes them. */
  private async handOut(payload: EachBatchPayload, alive: KeepAlive, assignment: Assignment): Promise<void> {
    const { topic, partition, messages } = payload.batch;
    await assignment.placed;
    // Fetched before the reader was moved to where it belongs, which a seek that still waits shows.
    if (payload.isStale() || alive.signal.aborted) return;
    const name = `${topic}/${partition}`;
    const expected = assignment.next.get(name) ?? 0n;
    const records = messages
      .map((message) => readRecord(topic, partition, message))
      .filter(({ offset }) => offset >= expected);
    const { batchMax } = this.options;
    for (let from = 0; from < records.length && (await alive.owns()); from += batchMax) {
      const handing = this.handOver(records.slice(from, from + batchMax), payload, alive, assignment);
      this.working.add(handing);
      const taken = await handing.finally(() => this.working.delete(handing));
      if (!taken) return;
      assignment.next.set(name, (records[Math.min(from + batchMax, records.length) - 1]?.offset ?? expected) + 1n);
    }
    // Where it stopped halfway, the reader moves to the committed offset when it has joined again.
    if (!alive.rejoin && !alive.signal.aborted) payload.resolveOffset(payload.batch.lastOffset());
  }

  private async handOver(
    records: readonly BusRecord[],
    payload: EachBatchPayload,
    alive: KeepAlive,
    assignment: Assignment,
  ): Promise<boolean> {
    const batch = this.batch(records, payload, alive);
    if (!batch) return false;
    try {
      await this.options.onBatch(batch);
      this.reader.handlerFailures = 0;
      this.backOff.reset();
      return true;
    } catch (error) {
      if (alive.rejoin || alive.signal.aborted) return false;
      this.reader.handlerFailures += 1;
      this.reader.reportHandler(error);
      await this.backOff.wait(alive.signal);
      if (!alive.signal.aborted) await this.place(assignment, [{ topic: batch.topic, partition: batch.partition }]);
      return false;
    }
  }

  private batch(records: readonly BusRecord[], payload: EachBatchPayload, alive: KeepAlive): ConsumedBatch | undefined {
    const { topic, partition, highWatermark } = payload.batch;
    const [first, last] = [records[0], records.at(-1)];
    if (!first || !last) return undefined;
    return {
      topic,
      partition,
      records,
      firstOffset: first.offset,
      lastOffset: last.offset,
      highWatermark: BigInt(highWatermark),
      signal: alive.signal,
      commit: (nextOffset, metadata = null) => commitOffset(payload, alive, nextOffset, metadata),
      committed: () => this.committed({ topic, partition }),
    };
  }
}
