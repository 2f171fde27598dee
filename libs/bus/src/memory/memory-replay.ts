import type { BusClock } from '../clock.js';
import type { ReaderHealth, TopicChoice } from '../reader-health.js';
import { ReplayTracker } from '../replay/replay-tracker.js';
import type { ReadPosition, Replay, ReplayIncident, ReplayOptions } from '../replay/replay.js';
import type { LogBounds } from '../topic-spec.js';
import type { MemoryLog } from './memory-log.js';
import { MemoryReader } from './memory-reader.js';

/** {@link Replay} of a {@link MemoryLog}; the log is compared before each delivery. */
export class MemoryReplay implements Replay {
  private readonly tracker: ReplayTracker;
  private readonly reader: MemoryReader;

  constructor(
    private readonly options: ReplayOptions,
    private readonly log: MemoryLog,
    clock: BusClock,
  ) {
    const ends = options.topics.flatMap((topic) => log.bounds(topic));
    this.tracker = new ReplayTracker(options, ends, (incident) => this.incident(incident));
    this.reader = new MemoryReader(
      options.topics,
      () => this.turn(),
      clock,
      (waker) => log.onAppend(waker),
    );
    this.look();
    this.reader.start();
  }

  get caughtUp(): Promise<void> {
    return this.tracker.caughtUp;
  }

  get bootEnds(): readonly LogBounds[] {
    return this.tracker.bootEnds;
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
    await this.reader.close(timeoutMs);
  }

  private look(): void {
    const { topics } = this.options;
    this.tracker.check(
      topics.flatMap((topic) => this.log.bounds(topic)),
      topics.map((topic) => this.log.identity(topic)),
    );
  }

  private topicsExist(): boolean {
    return this.options.topics.every((topic) => this.log.has(topic));
  }

  private async turn(): Promise<boolean> {
    // A real reader gets here only when its consumer has something to say.
    await new Promise((resolve) => setImmediate(resolve));
    if (!this.topicsExist()) return false;
    this.look();
    let busy = false;
    for (const { topic, partition } of this.positions()) {
      if (!this.reader.paused.has(topic)) busy = (await this.deliver(topic, partition)) || busy;
    }
    return busy;
  }

  private async deliver(topic: string, partition: number): Promise<boolean> {
    const { batchMax = 1000, onRecords } = this.options;
    const read = this.log.read(topic, partition, this.tracker.next(topic, partition), batchMax);
    const records = this.tracker.admit(topic, partition, read);
    const last = records.at(-1);
    if (!last) return false;
    const end = this.log.bounds(topic)[partition]?.end ?? last.offset + 1n;
    try {
      await onRecords(records, end);
      this.tracker.advance(topic, partition, last.offset + 1n);
      this.reader.handlerFailures = 0;
      this.reader.backOff.reset();
    } catch (error) {
      this.incident({ kind: 'handler-failed', topic, detail: this.reader.failed(error) });
      await this.reader.backOff.wait(this.reader.closing);
    }
    return true;
  }

  private incident(incident: ReplayIncident): void {
    this.options.onIncident?.(incident);
  }
}
