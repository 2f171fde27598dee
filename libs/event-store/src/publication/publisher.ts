import { setTimeout as pause } from 'node:timers/promises';
import { describeFailure } from '../database/failure.js';
import { acknowledgedPosition } from '../store/outbox.js';
import { Acknowledgements } from './acknowledgements.js';
import { Office } from './office.js';
import { Publication, type PublicationStatus } from './publication.js';
import { PublisherLock } from './publisher-lock.js';
import type { PublisherParts } from './publisher-parts.js';
import { beginTerm } from './term.js';

/** How often a standby tries to take over. */
export const TAKE_OVER_EVERY_MS = 500;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 5000;

/** The publisher of one process: stands by, takes over, and lays its office down when the lock is lost. */
export class Publisher extends Publication {
  private readonly acknowledgements: Acknowledgements;
  private readonly stopping = new AbortController();
  private office: Office | undefined;
  private role: PublicationStatus['role'] = 'starting';
  private repairedBefore = 0;
  private lastError: string | null = null;
  private running: Promise<void> | undefined;

  constructor(private readonly parts: PublisherParts) {
    super();
    // The active one needs not ask how far it is itself.
    this.acknowledgements = new Acknowledgements(async () =>
      this.role === 'active' ? this.acknowledgements.position : acknowledgedPosition(parts.em),
    );
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Ends the batch in hand, lets the lock go. Idempotent. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.office?.wake();
    await this.running;
    this.acknowledgements.close();
  }

  override reached(position: number, timeoutMs: number): Promise<boolean> {
    return this.acknowledgements.wait(position, timeoutMs);
  }

  override wake(): void {
    this.office?.wake();
  }

  override status(): PublicationStatus {
    const { generation = 0, epoch = 0 } = this.office?.term ?? {};
    return {
      role: this.role,
      generation,
      epoch,
      position: this.acknowledgements.position,
      repaired: this.repairedBefore + (this.office?.repaired ?? 0),
      lastError: this.lastError,
    };
  }

  override async republish(topic: string): Promise<{ readonly records: number }> {
    if (!this.office) throw new Error('Another process is the active publisher, or none is.');
    return { records: await this.office.republish(topic) };
  }

  private async run(): Promise<void> {
    let retryMs = RETRY_MS_MIN;
    while (!this.stopping.signal.aborted) {
      try {
        const served = await this.serve();
        retryMs = RETRY_MS_MIN;
        if (!served) await this.rest(TAKE_OVER_EVERY_MS);
      } catch (error) {
        this.lastError = describeFailure(error);
        this.parts.logger.error({ failure: this.lastError }, 'the publisher begins again');
        await this.rest(retryMs);
        retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
      }
    }
    this.role = 'stopped';
  }

  /** One term in office; false if another process holds it. */
  private async serve(): Promise<boolean> {
    const lock = await PublisherLock.tryAcquire(this.parts.em);
    if (!lock) {
      this.role = 'standby';
      return false;
    }
    try {
      const term = await beginTerm(this.parts.em);
      this.office = new Office(this.parts, term, lock, this.acknowledgements);
      await this.office.serve(this.stopping.signal, () => {
        this.role = 'active';
        this.lastError = null;
      });
      return true;
    } finally {
      this.repairedBefore += this.office?.repaired ?? 0;
      this.office = undefined;
      this.role = 'standby';
      lock.release();
    }
  }

  private async rest(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
