import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { threadEntry } from '#libs/spool';
import type { Logger } from '#libs/telemetry';
import type { Forwarded, ForwardedAnswer, FromThread, Order, ServingThreadData, ToThread } from './thread-messages.js';
import { UntakenBytes } from './untaken-bytes.js';

/** More than it gives calls under way, records and the bus to end. What it has not published then is on disk. */
const DRAIN_MS_MAX = 7_000;
const CLOSE_MS_MAX = 7_000;
const EXIT_MS_MAX = 1_000;

export type ServingThreadOptions = {
  readonly data: Omit<ServingThreadData, 'port' | 'taken'>;
  readonly name: string;
  readonly logger: Pick<Logger, 'error'>;
  readonly forward: (request: Forwarded) => Promise<ForwardedAnswer>;
  /** It ended without having been told to, or takes nothing any more. Called once. */
  readonly onDeath: () => void;
};

/** One further thread that serves calls, as the main thread sees it. */
export class ServingThread {
  private readonly worker: Worker;
  private readonly port: MessagePort;
  private readonly orders = new Map<number, PromiseWithResolvers<string>>();
  private readonly untaken = new UntakenBytes();
  private last = 0;
  private isClosing = false;
  private isGivenUp = false;
  private isServing = false;

  constructor(private readonly options: ServingThreadOptions) {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    const { url, execArgv } = threadEntry(import.meta.url, 'serving.worker');
    const workerData: ServingThreadData = { ...options.data, port: port2, taken: this.untaken.memory };
    this.worker = new Worker(url, { name: options.name, workerData, transferList: [port2], execArgv });
    port1.on('message', (message: FromThread) => void this.take(message));
    this.worker.on('error', (error) => options.logger.error({ err: error }, 'a serving thread failed'));
    this.worker.once('exit', () => this.giveUp());
  }

  /** Whether it would decide. */
  get isReady(): boolean {
    return this.isServing;
  }

  /** To one that has left too much of what it was sent nothing more is sent: it is given up. */
  send(message: ToThread): void {
    if (this.isGivenUp) return;
    if (!this.untaken.send(message)) {
      this.options.logger.error({ bytes: this.untaken.waiting }, 'a serving thread does not take what it is told');
      return this.giveUp();
    }
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.port.postMessage(message);
  }

  /** Resolves when it has done so, after everything that was sent before; rejects where it could not. */
  order(order: Order): Promise<string> {
    const answer = Promise.withResolvers<string>();
    this.last += 1;
    this.orders.set(this.last, answer);
    this.send({ order, number: this.last });
    return answer.promise;
  }

  /** Resolves when it has no call under way, nor takes another; where it does not answer, when that is certain. */
  async drain(): Promise<void> {
    await within(this.order({ do: 'drain' }), DRAIN_MS_MAX);
  }

  /** Ends it in order, and in any case; resolves when it is gone. */
  async close(): Promise<void> {
    this.isClosing = true;
    if (!this.isGivenUp) {
      const gone = once(this.worker, 'exit');
      await within(this.order({ do: 'close' }), CLOSE_MS_MAX);
      this.port.close();
      await within(gone, EXIT_MS_MAX);
    }
    await this.worker.terminate();
  }

  private giveUp(): void {
    if (this.isClosing || this.isGivenUp) return;
    this.isGivenUp = true;
    this.options.onDeath();
  }

  private async answerTo(request: Forwarded): Promise<ForwardedAnswer> {
    try {
      return await this.options.forward(request);
    } catch (error) {
      this.options.logger.error({ err: error }, 'a request of another thread could not be answered');
      return { status: 500, headers: {}, body: new Uint8Array() };
    }
  }

  private async take(message: FromThread): Promise<void> {
    if ('ready' in message) this.isServing = message.ready;
    else if ('forward' in message) {
      this.send({ forwarded: message.number, answer: await this.answerTo(message.forward) });
    } else {
      const order = this.orders.get(message.done);
      this.orders.delete(message.done);
      if (message.fault === undefined) order?.resolve(message.value ?? '');
      else order?.reject(new Error(message.fault));
    }
  }
}

async function within(work: Promise<unknown>, ms: number): Promise<void> {
  await Promise.race([work, setTimeout(ms, undefined, { ref: false })]);
}
