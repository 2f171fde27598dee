import type { Bus } from '../bus.js';
import { BusError } from '../bus-error.js';
import type { BusRecord } from '../bus-record.js';
import { systemClock, type BusClock } from '../clock.js';
import type { ReaderHealth } from '../reader-health.js';
import type { Replay, ReplayIncident, ReplayOptions } from '../replay/replay.js';
import { StateApplier, type Applied, type StateApplierOptions } from './state-applier.js';
import { readWatermark, WatermarkAge, type Watermark } from './watermark.js';

export type StateFeedOptions = StateApplierOptions & {
  readonly bus: Bus;
  /** A state topic: one partition. */
  readonly topic: string;
  readonly reader: string;
  /** The topic's id in the snapshot file that `applied` comes from; another one is an incident, and nothing is applied. */
  readonly topicId?: string;
  readonly clock?: BusClock;
  /** Key of watermark records. Default `watermark`. They reach `apply` too. */
  readonly watermarkKey?: string;
  /** `end-moved-back` and `another-incarnation` stop the feed: what it applied may no longer be what the log says. */
  readonly onIncident?: (incident: ReplayIncident) => void;
  /** After each delivery, when everything in it is in force; for reports and for those who wait for a position. */
  readonly onAdvance?: (applied: Applied) => void;
} & Pick<ReplayOptions, 'batchMax' | 'gatherMs'>;

/** Keeps a table in step with a state topic: replays it from the start or a snapshot, verified and guarded. */
export class StateFeed {
  private readonly applier: StateApplier;
  private readonly age: WatermarkAge;
  private readonly waiters = new Set<{ end: bigint; resolve: () => void }>();
  private replay: Replay | undefined;
  private next: bigint;

  constructor(private readonly options: StateFeedOptions) {
    this.age = new WatermarkAge(options.clock ?? systemClock);
    this.next = (options.applied?.offset ?? -1n) + 1n;
    this.applier = new StateApplier(options);
  }

  /** Resolves when reading has begun; await {@link ready} before serving. */
  async start(): Promise<void> {
    const { bus, topic, reader, topicId, onIncident, batchMax, gatherMs } = this.options;
    this.replay = await bus.replay({
      reader,
      topics: [topic],
      from: [{ topic, partition: 0, next: this.next }],
      ...(topicId === undefined ? {} : { identities: [{ topic, topicId }] }),
      onRecords: (records) => this.take(records),
      ...(onIncident ? { onIncident } : {}),
      ...(batchMax === undefined ? {} : { batchMax }),
      ...(gatherMs === undefined ? {} : { gatherMs }),
    });
    if (this.replay.bootEnds.length !== 1) throw new Error(`${topic} is no state topic: it has several partitions`);
  }

  /** Resolves at the end that the log had when {@link start} asked. */
  ready(): Promise<void> {
    return this.running().caughtUp;
  }

  /** Offset of the last record looked at (-1: none), and the furthest generation, epoch and position in force. */
  applied(): Applied {
    return this.applier.applied;
  }

  /** The next offset wanted; what {@link applied} cannot say of a log whose end has no record. */
  position(): bigint {
    const [position] = this.replay?.positions() ?? [];
    return position && position.next > this.next ? position.next : this.next;
  }

  /** Resolves when everything below `end` is in force. @throws BusError `bus/unavailable` after `timeoutMs`. */
  standAt(end: bigint, timeoutMs = 10_000): Promise<void> {
    if (this.position() >= end) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiter = { end, resolve: () => (clearTimeout(timer), resolve()) };
      const timer = setTimeout(() => {
        this.waiters.delete(waiter);
        reject(new BusError('bus/unavailable', `${this.options.topic} was not read up to its end in time`, true));
      }, timeoutMs);
      this.waiters.add(waiter);
    });
  }

  watermark(): Watermark | null {
    return this.age.watermark;
  }

  /** Milliseconds since the writer last spoke; Infinity if it never did. */
  watermarkAgeMs(): number {
    return this.age.ageMs();
  }

  /** Records not applied: forged, late, or refused. */
  strays(): number {
    return this.applier.strays;
  }

  health(): ReaderHealth {
    return this.running().health();
  }

  async close(timeoutMs?: number): Promise<void> {
    await this.replay?.close(timeoutMs);
  }

  private take(records: readonly BusRecord[]): void {
    const { watermarkKey = 'watermark', onAdvance } = this.options;
    for (const record of records) {
      const outcome = this.applier.take(record);
      const watermark = outcome === 'applied' ? readWatermark(record, watermarkKey) : undefined;
      if (watermark) this.age.take(watermark);
      this.next = record.offset + 1n;
    }
    onAdvance?.(this.applied());
    for (const waiter of this.waiters) {
      if (this.position() < waiter.end) continue;
      this.waiters.delete(waiter);
      waiter.resolve();
    }
  }

  private running(): Replay {
    if (!this.replay) throw new Error(`The feed of ${this.options.topic} has not been started`);
    return this.replay;
  }
}
