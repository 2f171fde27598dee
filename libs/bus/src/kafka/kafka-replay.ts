import { setTimeout as pause } from 'node:timers/promises';
import type { Consumer, EachBatchPayload } from 'kafkajs';
import { BackOff } from '../back-off.js';
import type { BusRecord } from '../bus-record.js';
import type { ReaderHealth, TopicChoice } from '../reader-health.js';
import { Gathering } from '../replay/gathering.js';
import { ReplayTracker, type SeenLog } from '../replay/replay-tracker.js';
import type { ReadPosition, Replay, ReplayIncident, ReplayOptions } from '../replay/replay.js';
import type { LogBounds, TopicIdentity } from '../topic-spec.js';
import { KafkaReader, type ReaderParts } from './kafka-reader.js';
import { readRecord } from './kafka-record.js';
import { PARTITION_BYTES_MAX, REPLAY_WAIT_MS } from './kafka-settings.js';
import type { KafkaTopics } from './kafka-topics.js';
import { KeepAlive } from './keep-alive.js';
import type { LogFollower, LogWatch } from './log-watch.js';

const BATCH_MAX = 1000;

/**
 * Reads topics from a place of its own. kafkajs reads in groups only, so there is a group, of this replica alone and
 * with a name nobody has again; it commits nothing. kafkajs would begin at the beginning after each rejoin: the reader
 * seeks to its own position at each join, and drops whatever comes below it all the same.
 */
export class KafkaReplay implements Replay, LogFollower {
  private readonly reader: KafkaReader;
  private readonly backOff = new BackOff(100, 10_000);
  private readonly gathering: Gathering;
  private unfollow: () => void = () => undefined;
  /** Settles when the log has been found to be the same since the last join; nothing is delivered before. */
  private sameLog: Promise<void> = Promise.resolve();

  private constructor(
    private readonly options: ReplayOptions,
    private readonly tracker: ReplayTracker,
    private readonly watch: LogWatch,
    parts: ReaderParts,
  ) {
    const { reader, topics: names, maxWaitMs = REPLAY_WAIT_MS, gatherMs = 0 } = options;
    this.gathering = new Gathering(gatherMs);
    this.reader = new KafkaReader(
      {
        group: reader,
        alone: true,
        topics: names,
        maxWaitMs,
        partitionBytesMax: PARTITION_BYTES_MAX,
        partitionsConcurrently: 1,
        onJoin: (assignment, consumer) => this.joined(assignment, consumer),
        onBatch: (payload) => this.deliver(payload),
        onRestart: (detail) => this.incident({ kind: 'restarted', topic: null, detail }),
      },
      parts,
    );
  }

  static async prepare(
    options: ReplayOptions,
    { topics, watch }: { readonly topics: KafkaTopics; readonly watch: LogWatch },
    parts: ReaderParts,
  ): Promise<KafkaReplay> {
    const { partitions } = await topics.endOffsets(options.topics);
    const tracker = new ReplayTracker(options, partitions, (incident) => tell(options, incident));
    tracker.check(partitions, await topics.identify(options.topics));
    return new KafkaReplay(options, tracker, watch, parts);
  }

  async start(): Promise<void> {
    this.unfollow = this.watch.follow(this);
    await this.reader.start();
  }

  get caughtUp(): Promise<void> {
    return this.tracker.caughtUp;
  }

  get bootEnds(): readonly LogBounds[] {
    return this.tracker.bootEnds;
  }

  get topics(): readonly string[] {
    return this.options.topics;
  }

  seen(logs: readonly SeenLog[], identities: readonly TopicIdentity[], before: readonly ReadPosition[]): void {
    this.tracker.check(logs, identities, before);
  }

  positions(): readonly ReadPosition[] {
    return this.tracker.positions();
  }

  health(): ReaderHealth {
    return this.reader.health(this.tracker.stopped);
  }

  pause(topics?: TopicChoice): void {
    this.reader.pause(topics);
  }

  resume(topics?: TopicChoice): void {
    this.reader.resume(topics);
  }

  async close(timeoutMs?: number): Promise<void> {
    this.unfollow();
    await this.reader.close(timeoutMs);
  }

  private joined(assignment: Readonly<Record<string, number[]>>, consumer: Consumer): void {
    for (const [topic, partitions] of Object.entries(assignment)) {
      for (const partition of partitions) {
        consumer.seek({ topic, partition, offset: String(this.tracker.next(topic, partition)) });
      }
    }
    this.sameLog = this.checkUntilAnswered();
  }

  private async checkUntilAnswered(): Promise<void> {
    const backOff = new BackOff(100, 2000);
    while (!this.reader.closing.aborted) {
      try {
        await this.watch.look(this);
        return;
      } catch {
        await backOff.wait(this.reader.closing);
      }
    }
  }

  private async deliver(payload: EachBatchPayload): Promise<void> {
    const { topic, partition, messages, highWatermark } = payload.batch;
    const alive = new KeepAlive(payload, this.reader.closing);
    try {
      await this.sameLog;
      const first = messages[0];
      // Delivered below the position: after a reset by the library, or because the log is another one now.
      if (first && BigInt(first.offset) < this.tracker.next(topic, partition)) await this.checkUntilAnswered();
      const records = messages.map((message) => readRecord(topic, partition, message));
      const wanted = this.tracker.admit(topic, partition, records);
      const { batchMax = BATCH_MAX } = this.options;
      for (let from = 0; from < wanted.length && !alive.rejoin; from += batchMax) {
        if (!(await this.handOver(wanted.slice(from, from + batchMax), BigInt(highWatermark)))) return;
      }
      if (!alive.rejoin) payload.resolveOffset(payload.batch.lastOffset());
      await this.gather(BigInt(payload.batch.lastOffset()) + 1n >= BigInt(highWatermark));
    } finally {
      alive.stop();
    }
    if (alive.rejoin) throw alive.rejoin;
  }

  /** kafkajs fetches again when the delivery ends. */
  private async gather(isAtEnd: boolean): Promise<void> {
    const ms = this.gathering.pauseMs(performance.now(), isAtEnd);
    if (ms > 0) await pause(ms, undefined, { signal: this.reader.closing }).catch(() => undefined);
  }

  /** Repeats until the handler takes the records; false when closing. */
  private async handOver(records: readonly BusRecord[], end: bigint): Promise<boolean> {
    const last = records.at(-1);
    if (!last) return true;
    while (!this.reader.closing.aborted) {
      try {
        await this.options.onRecords(records, end);
        this.tracker.advance(last.topic, last.partition, last.offset + 1n);
        this.backOff.reset();
        this.reader.handlerFailures = 0;
        return true;
      } catch (error) {
        this.reader.handlerFailures += 1;
        const detail = this.reader.reportHandler(error);
        this.incident({ kind: 'handler-failed', topic: last.topic, detail });
        await this.backOff.wait(this.reader.closing);
      }
    }
    return false;
  }

  private incident(incident: ReplayIncident): void {
    tell(this.options, incident);
  }
}

/** Whoever listens must not be able to stop the reader by throwing. */
function tell({ onIncident }: ReplayOptions, incident: ReplayIncident): void {
  try {
    onIncident?.(incident);
  } catch {
    // The listener's own affair.
  }
}
