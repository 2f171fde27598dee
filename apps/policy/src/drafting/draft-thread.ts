import { Worker } from 'node:worker_threads';
import { DomainError } from '#libs/decider';
import { threadEntry } from '#libs/spool';
import type { Logger } from '#libs/telemetry';
import type { FromThread, Job, ResultOf, Stage, ToThread } from './draft-messages.js';

/** Jobs in line for one thread; more are told to come again. */
export const JOBS_WAITING_MAX = 64;
/** Longest that one job may take, ms. Far above what the largest bundle needs; a job that runs away ends here. */
export const JOB_MS_MAX = 60_000;
/** From here on a job says in the log how far it is, ms. */
const PROGRESS_AFTER_MS = 1_000;

type Bounds = { readonly jobMsMax: number; readonly waitingMax: number; readonly heapMbMax: number };
type Waiting = {
  readonly job: Job;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
};
type Running = Waiting & { readonly startedMs: number; stage: Stage | 'starting'; readonly timer: NodeJS.Timeout };

/**
 * One thread for work that would hold up the one that serves, one job at a time in the order they came. Started when
 * first needed. A job that takes too long or too much memory takes the thread with it; the next job gets a new one.
 */
export class DraftThread {
  private readonly line: Waiting[] = [];
  private running: Running | undefined;
  private worker: Worker | undefined;
  private closed = false;

  constructor(
    private readonly name: string,
    private readonly bounds: Bounds,
    private readonly logger: Logger,
  ) {}

  /**
   * @throws DomainError `policy/unavailable` (503) when the line is full or the service stops, `policy/too-large` (413)
   * for a job beyond its bounds of time and memory.
   */
  run<J extends Job>(job: J): Promise<ResultOf<J>> {
    if (this.closed || this.line.length >= this.bounds.waitingMax) {
      throw new DomainError('policy/unavailable', 'Too many changes of policy are waiting; try again.');
    }
    return new Promise((resolve, reject) => {
      this.line.push({ job, resolve, reject });
      this.next();
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    const open = [this.running, ...this.line.splice(0)];
    clearTimeout(this.running?.timer);
    this.running = undefined;
    for (const each of open) each?.reject(new DomainError('policy/unavailable', 'The service is stopping.'));
    await this.worker?.terminate();
  }

  private next(): void {
    if (this.running || this.closed) return;
    const waiting = this.line.shift();
    if (!waiting) return;
    const timer = setTimeout(() => this.giveUp('it took too long'), this.bounds.jobMsMax);
    this.running = { ...waiting, startedMs: performance.now(), stage: 'starting', timer };
    const worker = (this.worker ??= this.start());
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    worker.postMessage({ job: waiting.job } satisfies ToThread);
  }

  private start(): Worker {
    const { url, execArgv } = threadEntry(import.meta.url, 'draft.worker');
    const resourceLimits = { maxOldGenerationSizeMb: this.bounds.heapMbMax };
    const worker = new Worker(url, { name: this.name, execArgv, resourceLimits });
    worker.on('message', (message: FromThread) => this.heard(message));
    worker.on('error', (error: Error) => this.giveUp(error.message));
    worker.once('exit', () => {
      if (this.worker === worker) this.worker = undefined;
    });
    // Waiting for more must not keep a process that has nothing else to do.
    worker.unref();
    return worker;
  }

  private heard(message: FromThread): void {
    const { running } = this;
    if (!running) return;
    if ('stage' in message) {
      running.stage = message.stage;
      const runningMs = Math.round(performance.now() - running.startedMs);
      if (runningMs < PROGRESS_AFTER_MS) return;
      return this.logger.info(
        { thread: this.name, stage: message.stage, runningMs },
        'a large change of policy goes on',
      );
    }
    this.finish();
    if ('result' in message) running.resolve(message.result as never);
    else running.reject(new Error(`A change of policy could not be drafted: ${message.failed}`));
    this.next();
  }

  /** The thread is of no more use: its state is not known, or it is busy for nobody. */
  private giveUp(why: string): void {
    const { running, worker } = this;
    this.worker = undefined;
    void worker?.terminate();
    if (!running) return;
    this.finish();
    this.logger.warn({ thread: this.name, stage: running.stage, why }, 'a change of policy was given up');
    running.reject(
      new DomainError('policy/too-large', `Checking this takes more than there is; it stopped while ${running.stage}.`),
    );
    this.next();
  }

  private finish(): void {
    clearTimeout(this.running?.timer);
    this.running = undefined;
  }
}
