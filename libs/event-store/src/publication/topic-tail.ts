import type { Bus, Replay } from '#libs/bus';
import type { StrayWatch } from './stray-watch.js';

/** A stray waits so long for the publisher's own record that may follow it, if the tail does not catch up before. */
const GRACE_MS = 1000;

export type TopicTailOptions = {
  readonly bus: Bus;
  readonly service: string;
  readonly topic: string;
  readonly watch: StrayWatch;
  readonly from: bigint;
  /** Something is there to be repaired. */
  onStray(): void;
  /** The log is no longer the one that was read. */
  onBroken(reason: string): void;
};

/** Reads the publisher's own state topic behind it. */
export class TopicTail {
  private replay: Replay | undefined;
  private publishedEnd = 0n;

  constructor(private readonly options: TopicTailOptions) {}

  /** Resolves when everything up to the log's present end has been checked. */
  async start(): Promise<void> {
    const { bus, service, topic, from, watch } = this.options;
    this.replay = await bus.replay({
      reader: `${service}.publisher-tail`,
      topics: [topic],
      from: [{ topic, partition: 0, next: from }],
      onRecords: async (records) => {
        await watch.take(records);
        if (watch.keys.length > 0 || watch.foreignGeneration > 0) this.options.onStray();
      },
      onIncident: ({ kind }) => {
        if (kind !== 'restarted' && kind !== 'handler-failed') this.options.onBroken(kind);
      },
    });
    await this.replay.caughtUp;
  }

  /** The publisher has appended up to here: what it said last of a key may still be ahead of the tail. */
  published(end: bigint): void {
    if (end > this.publishedEnd) this.publishedEnd = end;
  }

  /** Keys to repair now. */
  due(): readonly string[] {
    const { watch } = this.options;
    if (watch.keys.length === 0) return [];
    const next = this.replay?.positions()[0]?.next ?? 0n;
    return next >= this.publishedEnd || Date.now() - watch.sinceMs > GRACE_MS ? watch.keys : [];
  }

  get watch(): StrayWatch {
    return this.options.watch;
  }

  get topic(): string {
    return this.options.topic;
  }

  /** The place from which a successor must check; undefined while something found before it is not repaired. */
  checked(): bigint | undefined {
    if (this.watch.keys.length > 0) return undefined;
    return this.replay?.positions()[0]?.next;
  }

  async close(): Promise<void> {
    await this.replay?.close();
  }
}
