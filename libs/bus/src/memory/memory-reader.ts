import { within } from '#libs/kafka';
import { BackOff } from '../back-off.js';
import type { BusClock } from '../clock.js';
import type { ReaderHealth, TopicChoice } from '../reader-health.js';

/** Turns a loop whenever something may have come: `turn` answers whether it did anything. */
export class MemoryReader {
  readonly closing: AbortSignal;
  readonly paused = new Set<string>();
  readonly backOff = new BackOff(5, 200);
  handlerFailures = 0;
  lastError: string | null = null;
  private readonly abort = new AbortController();
  private turnedAtMs: number;
  private loop: Promise<void> | undefined;
  private wakeUp: () => void = () => undefined;
  private woken = false;

  constructor(
    private readonly topics: readonly string[],
    private readonly turn: () => Promise<boolean>,
    private readonly clock: BusClock,
    private readonly onAppend: (waker: () => void) => () => void,
  ) {
    this.closing = this.abort.signal;
    this.turnedAtMs = clock.monotonicMs();
  }

  start(): void {
    this.loop = this.run();
  }

  wake(): void {
    this.woken = true;
    this.wakeUp();
  }

  health(stoppedTopics: readonly string[]): ReaderHealth {
    const state = this.closing.aborted ? 'closed' : 'running';
    const loopAgeMs = this.clock.monotonicMs() - this.turnedAtMs;
    const { handlerFailures, lastError } = this;
    return { state, loopAgeMs, restarts: 0, handlerFailures, lastError, stoppedTopics };
  }

  failed(error: unknown): string {
    this.handlerFailures += 1;
    this.lastError = error instanceof Error ? error.name : 'unknown';
    return this.lastError;
  }

  pause(topics: TopicChoice = this.topics): void {
    for (const topic of topics) this.paused.add(topic);
  }

  resume(topics: TopicChoice = this.topics): void {
    for (const topic of topics) this.paused.delete(topic);
    this.wake();
  }

  async close(timeoutMs = 5000): Promise<void> {
    this.abort.abort();
    this.wake();
    if (this.loop) await within(timeoutMs, this.loop);
  }

  private async run(): Promise<void> {
    const stop = this.onAppend(() => this.wake());
    while (!this.closing.aborted) {
      this.woken = false;
      this.turnedAtMs = this.clock.monotonicMs();
      if ((await this.turn()) || this.woken || this.closing.aborted) continue;
      await new Promise<void>((resolve) => {
        this.wakeUp = resolve;
      });
    }
    stop();
  }
}
