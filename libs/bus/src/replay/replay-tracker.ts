import type { BusRecord } from '../bus-record.js';
import type { ReadPosition, ReplayIncident, ReplayOptions } from './replay.js';
import type { LogBounds, LogEnd, TopicIdentity } from '../topic-spec.js';

/** Where a log begins is of no interest to a reader that stands at its end: it has lost nothing. */
export type SeenLog = LogEnd & { readonly start?: bigint };
type Cursor = { next: bigint; readonly bootEnd: bigint };

/** Knows where a reader stands in each partition, what may still be delivered, and whether the log is still the same. */
export class ReplayTracker {
  readonly caughtUp: Promise<void>;
  private readonly cursors = new Map<string, Cursor & { readonly topic: string; readonly partition: number }>();
  private readonly identities = new Map<string, string>();
  private readonly stoppedTopics = new Set<string>();
  private catchUp: () => void = () => undefined;

  constructor(
    options: Pick<ReplayOptions, 'from' | 'identities'>,
    readonly bootEnds: readonly LogBounds[],
    private readonly onIncident: (incident: ReplayIncident) => void,
  ) {
    this.caughtUp = new Promise((resolve) => {
      this.catchUp = resolve;
    });
    const from = options.from === undefined || options.from === 'beginning' ? [] : options.from;
    for (const { topic, partition, start, end } of bootEnds) {
      const asked = from.find((f) => f.topic === topic && f.partition === partition)?.next;
      this.cursors.set(partitionName(topic, partition), { topic, partition, next: asked ?? start, bootEnd: end });
    }
    for (const { topic, topicId } of options.identities ?? []) this.identities.set(topic, topicId);
  }

  positions(): readonly ReadPosition[] {
    return [...this.cursors.values()].map(({ topic, partition, next }) => ({ topic, partition, next }));
  }

  next(topic: string, partition: number): bigint {
    return this.cursors.get(partitionName(topic, partition))?.next ?? 0n;
  }

  get stopped(): readonly string[] {
    return [...this.stoppedTopics];
  }

  /** What of a delivery is still wanted: nothing below the position, nothing of a stopped topic. */
  admit(topic: string, partition: number, records: readonly BusRecord[]): readonly BusRecord[] {
    if (this.stoppedTopics.has(topic)) return [];
    const next = this.next(topic, partition);
    const first = records[0];
    return !first || first.offset >= next ? records : records.filter(({ offset }) => offset >= next);
  }

  /** Everything below `next` has been handled. */
  advance(topic: string, partition: number, next: bigint): void {
    const cursor = this.cursors.get(partitionName(topic, partition));
    if (cursor && next > cursor.next) cursor.next = next;
    this.settle();
  }

  /**
   * Compares the log with the one that was being read; run it at the start, at each rejoin and from time to time.
   * `before`: the positions when the bounds were asked. Records delivered since do not show an end that moved back.
   */
  check(bounds: readonly SeenLog[], identities: readonly TopicIdentity[], before = this.positions()): void {
    for (const { topic, topicId } of identities) this.checkIdentity(topic, topicId);
    for (const bound of bounds) {
      const known = before.find(({ topic, partition }) => topic === bound.topic && partition === bound.partition);
      if (known) this.checkBounds(bound, known.next);
    }
    this.settle();
  }

  private checkIdentity(topic: string, topicId: string | null): void {
    if (topicId === null) return;
    const known = this.identities.get(topic);
    this.identities.set(topic, known ?? topicId);
    if (known !== undefined && known !== topicId) {
      this.stop('another-incarnation', topic, `the topic was created anew: its id is ${topicId}, was ${known}`);
    }
  }

  private checkBounds({ topic, partition, start = 0n, end }: SeenLog, readTo: bigint): void {
    const cursor = this.cursors.get(partitionName(topic, partition));
    if (!cursor || this.stoppedTopics.has(topic)) return;
    if (end < readTo) {
      this.stop('end-moved-back', topic, `partition ${partition} ends at ${end}, was read to ${readTo}`);
      return;
    }
    const { next } = cursor;
    if (start <= next) return;
    cursor.next = start;
    const detail = `partition ${partition} begins at ${start}, was read to ${next}`;
    this.onIncident({ kind: 'records-lost', topic, detail });
  }

  private stop(kind: 'end-moved-back' | 'another-incarnation', topic: string, detail: string): void {
    if (this.stoppedTopics.has(topic)) return;
    this.stoppedTopics.add(topic);
    this.onIncident({ kind, topic, detail });
  }

  private settle(): void {
    for (const { topic, next, bootEnd } of this.cursors.values()) {
      if (next < bootEnd || this.stoppedTopics.has(topic)) return;
    }
    this.catchUp();
  }
}

export function partitionName(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
