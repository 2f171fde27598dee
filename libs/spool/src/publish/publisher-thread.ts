import { Worker } from 'node:worker_threads';
import type { Logger } from '#libs/telemetry';
import type { PublisherRun } from './publisher-run.js';
import type { FromPublisher, PublisherData, ToPublisher } from './publisher-messages.js';
import { threadEntry } from './thread-entry.js';

const RESTART_MS = 1000;
/** Beyond the time it was given, before the thread is ended from outside. */
const GRACE_MS = 1000;
/**
 * The thread makes little garbage but large buffers, which only a collection frees. With the default young generation a
 * whole heap was marked for them each few hundred milliseconds, and with one of 2 MB each second.
 */
const YOUNG_MB_MAX = 8;

/** The publisher on a thread of its own, started again when it fails. */
export class PublisherThread implements PublisherRun {
  private readonly data: () => PublisherData;
  private readonly logger: Logger;
  private worker: Worker | undefined;
  private restart: NodeJS.Timeout | undefined;
  private stopping = false;

  /** `data` is asked at each start: the boots left over are others then. */
  constructor(data: () => PublisherData, logger: Logger) {
    this.data = data;
    this.logger = logger;
    this.start();
  }

  async stop(timeoutMs: number): Promise<void> {
    this.stopping = true;
    clearTimeout(this.restart);
    const { worker } = this;
    if (!worker) return;
    const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    worker.postMessage({ stopWithinMs: timeoutMs } satisfies ToPublisher);
    const late = setTimeout(() => void worker.terminate(), timeoutMs + GRACE_MS);
    await gone;
    clearTimeout(late);
  }

  private start(): void {
    const { url, execArgv } = threadEntry(import.meta.url, 'publisher.worker');
    const worker = new Worker(url, {
      name: 'spool',
      workerData: this.data(),
      execArgv,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB_MAX },
    });
    this.worker = worker;
    worker.on('message', ({ level, message, fields }: FromPublisher) => this.logger[level](fields, message));
    worker.on('error', (error) => this.logger.error({ err: error }, 'the publisher of decision records failed'));
    worker.once('exit', () => {
      this.worker = undefined;
      if (!this.stopping) this.restart = setTimeout(() => this.start(), RESTART_MS).unref();
    });
    // Waiting for more must not keep a process that has nothing else to do.
    worker.unref();
  }
}
