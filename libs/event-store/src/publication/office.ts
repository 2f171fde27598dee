import { acknowledgedPosition, deleteOutbox, selectOutbox } from '../store/outbox.js';
import type { Acknowledgements } from './acknowledgements.js';
import { outgoingRow, watermark } from './outgoing.js';
import type { PublisherLock } from './publisher-lock.js';
import type { PublisherParts } from './publisher-parts.js';
import { republishEvents, republishTopic } from './republish.js';
import { restore } from './restore.js';
import { Tails } from './tails.js';
import { announceRestore, type Term } from './term.js';
import { WakeSignal } from './wake-signal.js';

/** Records of one call of the bus. */
export const PUBLISH_BATCH_MAX = 500;
/** A watermark is said at least so often, and the outbox looked at without being told: PostgreSQL tells of each commit. */
export const WATERMARK_EVERY_MS = 1000;
/** Of the lock; below the age at which it asks for itself. */
const HEARTBEAT_EVERY_MS = 2000;
/** A successor checks so much of the topics again, besides what was written since. */
const KEEP_TAILS_EVERY_MS = 10_000;

type Job = { readonly topic: string; resolve(records: number): void; reject(error: unknown): void };

/** What the active publisher does from taking over to losing the lock: one loop, so that everything has an order. */
export class Office {
  private readonly signal = new WakeSignal();
  private readonly tails: Tails;
  private readonly jobs: Job[] = [];
  private broken: string | undefined;
  private lastTickMs = 0;
  private lastKeptMs = performance.now();

  constructor(
    private readonly parts: PublisherParts,
    readonly term: Term,
    private readonly lock: PublisherLock,
    private readonly acknowledgements: Acknowledgements,
  ) {
    this.tails = new Tails(parts, term, {
      onStray: () => this.signal.call(),
      onBroken: (reason) => {
        this.broken = reason;
        this.signal.call();
      },
    });
  }

  get repaired(): number {
    return this.tails.repaired;
  }

  wake(): void {
    this.signal.call();
  }

  republish(topic: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.jobs.push({ topic, resolve, reject });
      this.signal.call();
    });
  }

  /** Resolves when it is told to stop or has lost the lock; rejects when something fails that a new term may mend. */
  async serve(stop: AbortSignal, onActive: () => void): Promise<void> {
    // The lock's session must not fall silent while a long log is checked.
    const heartbeat = setInterval(() => void this.lock.heartbeat(), HEARTBEAT_EVERY_MS);
    this.lock.onCommitted(() => this.signal.call());
    try {
      // A broker that does not answer must not keep the process from stopping.
      await orAborted(this.takeOver(), stop);
      if (!stop.aborted) onActive();
      while (this.lock.held && !stop.aborted && this.broken === undefined) {
        const more = await this.sendBatch();
        if (await this.lock.confirm()) await this.tails.repair();
        await this.noticeRestore();
        await this.runJobs();
        await this.tick();
        if (!more) await this.signal.wait(this.untilTickMs());
      }
      if (this.broken) throw new Error(`A state topic is no longer the log that it was: ${this.broken}`);
      await this.tails.save();
    } finally {
      clearInterval(heartbeat);
      for (const job of this.jobs.splice(0)) job.reject(new Error('The publisher has lost its office.'));
      await this.tails.close();
    }
  }

  /** Checks the state topics to their ends and mends them before the first watermark says that they can be trusted. */
  private async takeOver(): Promise<void> {
    this.acknowledgements.reset(await acknowledgedPosition(this.parts.em));
    if (this.term.restoring) {
      const { adopted, withdrawn } = await restore(this.parts, this.term);
      this.parts.logger.warn({ adopted, withdrawn }, 'a restored store has taken over what its topics knew better');
    }
    await this.tails.start();
    await this.noticeRestore();
    await this.tails.repair();
  }

  /** True if there is more to send; what is committed from now on calls. */
  private async sendBatch(): Promise<boolean> {
    const { em, bus, topics, writer } = this.parts;
    const rows = await selectOutbox(em, PUBLISH_BATCH_MAX);
    if (rows.length === 0 || !(await this.lock.confirm())) return false;
    this.tails.published(
      await bus.publish(rows.map((row) => outgoingRow(writer, this.term, topics, row))),
      rows.at(-1)?.position ?? 0,
    );
    const { position, more } = await deleteOutbox(em, rows);
    await this.sayWatermark(position);
    return more;
  }

  private async sayWatermark(reached: number): Promise<void> {
    const { bus, topics, writer } = this.parts;
    this.acknowledgements.advance(reached);
    const { position } = this.acknowledgements;
    await bus.publish([...topics.states].map((topic) => watermark(writer, this.term, topic, position)));
    this.lastTickMs = performance.now();
  }

  private async tick(): Promise<void> {
    if (this.untilTickMs() > 0) return;
    await this.sayWatermark(await acknowledgedPosition(this.parts.em));
    if (this.lastTickMs - this.lastKeptMs < KEEP_TAILS_EVERY_MS) return;
    this.lastKeptMs = this.lastTickMs;
    await this.tails.save();
  }

  private untilTickMs(): number {
    return Math.max(0, Math.ceil(this.lastTickMs + WATERMARK_EVERY_MS - performance.now()));
  }

  private async noticeRestore(): Promise<void> {
    const seen = this.tails.foreignGeneration;
    if (seen === 0) return;
    await announceRestore(this.parts.em, seen);
    throw new Error('The store is behind its own topic: it was put back to a backup. It is restored in a new term.');
  }

  private async runJobs(): Promise<void> {
    for (const { topic, resolve, reject } of this.jobs.splice(0)) {
      try {
        const { states, events } = this.parts.topics;
        if (states.has(topic)) resolve(await republishTopic(this.parts, this.term, topic));
        else if (topic === events) resolve(await republishEvents(this.parts, this.term));
        else throw new RangeError(`${topic} is not published by this store.`);
      } catch (error) {
        reject(error);
      }
    }
  }
}

async function orAborted(work: Promise<void>, stop: AbortSignal): Promise<void> {
  const aborted = new Promise<void>((resolve) => {
    if (stop.aborted) resolve();
    stop.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([work, aborted]);
}
