import { setTimeout as pause } from 'node:timers/promises';
import { batchesOf, type Batch } from './batch.js';
import { BootSource } from './boot-source.js';
import { EarlierBoots } from './earlier-boots.js';
import type { FrameAt } from './lane-reader.js';
import type { PublisherOptions } from './publisher-options.js';

/** How much of one boot is sent at once. */
const ROUND_BYTES_MAX = 1024 * 1024;
/**
 * How long it waits for more after the first record, and after a round that was not yet worth its cost: a request to the
 * broker costs as much as two hundred records in it. They are on disk meanwhile.
 */
const LINGER_MS = 100;
/** A round of so much is followed by the next one at once: more waits than one takes. */
const FULL_ROUND_BYTES = (ROUND_BYTES_MAX * 3) / 4;
/** It looks again after this long even if nobody woke it. */
const IDLE_MS = 1000;
const BACK_OFF_MS = { first: 100, max: 5000 };

type Round = { readonly source: BootSource; readonly frames: readonly FrameAt[] };

/**
 * Sends what is appended, in order per boot and partition, one round at a time: the next is read only when the broker
 * has acknowledged this one. Without a broker it waits for ever; the disk's bound stops the writers, not this.
 */
export class Publisher {
  private readonly options: PublisherOptions;
  private readonly live: readonly BootSource[];
  private readonly earlier: EarlierBoots;
  private readonly ended = new AbortController();
  private draining = false;
  private failures = 0;
  private deadline: NodeJS.Timeout | undefined;

  constructor(options: PublisherOptions) {
    const { boots, cells, live } = options;
    this.options = options;
    this.live = live.map(({ name, lane }) => new BootSource(boots.pathOf(name), name, cells.lane(lane)));
    this.earlier = new EarlierBoots(options);
  }

  /** Runs until `stop`. Rejects when a file cannot be read: begin again with a new one. */
  async run(): Promise<void> {
    try {
      while (!this.ended.signal.aborted) {
        if (!this.draining) await this.earlier.recover();
        const rounds = this.nextRounds();
        if (rounds.length > 0) {
          await this.deliver(rounds);
          if (!isFull(rounds)) await this.linger();
        } else if (this.draining) break;
        else await this.idle();
      }
    } finally {
      clearTimeout(this.deadline);
      for (const source of this.live) this.leave(source);
      this.earlier.close();
      await this.options.sink.close();
    }
  }

  /** Sends what the live boots hold, for at most `timeoutMs`, and ends. Earlier boots are left to the next start. */
  stop(timeoutMs: number): void {
    this.draining = true;
    this.options.cells.hurry();
    this.deadline ??= setTimeout(() => this.ended.abort(), timeoutMs);
  }

  private nextRounds(): Round[] {
    const sources = this.draining ? this.live : [...this.live, ...this.earlier.next()];
    const rounds = sources.map((source) => ({ source, frames: source.read(ROUND_BYTES_MAX) }));
    for (const { source, frames } of rounds) if (!source.isLive && frames.length === 0) this.earlier.finish(source);
    return rounds.filter(({ frames }) => frames.length > 0);
  }

  private async deliver(rounds: readonly Round[]): Promise<void> {
    const { cells, recordsPerBatchMax } = this.options;
    cells.oldestAtMs = Math.min(...rounds.map(({ frames }) => frames[0]?.atMs ?? Infinity));
    const batches = rounds.flatMap(({ frames }) => batchesOf(frames, recordsPerBatchMax));
    while (!(await this.sent(batches))) {
      if (this.ended.signal.aborted) return;
    }
    for (const { source, frames } of rounds) {
      source.ack(frames);
      if (!source.isLive) this.earlier.acked(frames);
    }
    cells.oldestAtMs = 0;
  }

  private async sent(batches: readonly Batch[]): Promise<boolean> {
    const { sink, log } = this.options;
    try {
      await unlessAborted(sink.send(batches), this.ended.signal);
      if (this.failures > 0) log('info', { failures: this.failures }, 'decision records are published again');
      this.failures = 0;
      return true;
    } catch (error) {
      this.failures += 1;
      if (this.failures === 1) log('warn', { err: error }, 'decision records cannot be published; they wait on disk');
      const backOffMs = Math.min(BACK_OFF_MS.max, BACK_OFF_MS.first * 2 ** Math.min(this.failures, 10));
      await pause(backOffMs * (0.5 + Math.random() / 2), undefined, { signal: this.ended.signal }).catch(
        () => undefined,
      );
      return false;
    }
  }

  /** At an orderly end nothing is left of a boot, unless something waits or a call is open. */
  private leave(source: BootSource): void {
    source.close();
    if (!this.draining) return;
    if (source.isFinished()) this.options.boots.remove(source.name);
    else this.options.boots.release(source.name);
  }

  private async idle(): Promise<void> {
    const hasWork = () => this.draining || this.live.some((source) => source.hasMore());
    if (this.earlier.isDone()) await this.options.cells.sleep(IDLE_MS, hasWork);
    await this.linger();
  }

  private async linger(): Promise<void> {
    await this.options.cells.linger(LINGER_MS, () => this.draining || this.live.some((source) => source.isMuch()));
  }
}

function isFull(rounds: readonly Round[]): boolean {
  let bytes = 0;
  for (const { frames } of rounds) for (const frame of frames) bytes += frame.bytes;
  return bytes >= FULL_ROUND_BYTES;
}

async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(new Error('The publisher was stopped.'));
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
