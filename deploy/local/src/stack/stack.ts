import { join } from 'node:path';
import { LogFile } from '../process/log-file.js';
import type { Part } from '../process/part.js';
import { SupervisedPart, type Narrator } from '../process/supervised-part.js';
import { wardenPart } from '../parts/warden.part.js';
import { checkout } from './checkout.js';
import type { StackHome } from './stack-home.js';

const ROTATE_EVERY_MS = 5_000;

/**
 * Running parts that belong together. Made by `startStack` or `startStores`; tests break single parts through `part`.
 */
export class Stack {
  private readonly parts = new Map<string, SupervisedPart>();
  private readonly logs: LogFile[] = [];
  private readonly listeners: (() => void)[] = [];
  private readonly warden: SupervisedPart;
  private readonly rotation: NodeJS.Timeout;
  private stopped: Promise<void> | undefined;

  constructor(
    readonly home: StackHome,
    private readonly say: Narrator,
  ) {
    this.warden = this.supervised(wardenPart(checkout, home));
    this.rotation = setInterval(() => this.logs.forEach((log) => log.rotate()), ROTATE_EVERY_MS).unref();
  }

  /** Starts the process that ends this stack's parts should this process be killed. Before any of them. */
  async guard(): Promise<void> {
    await this.warden.start();
  }

  /** Starts one more part and waits until it is ready. Rejects with PartFailed. */
  async start(part: Part): Promise<void> {
    const supervised = this.supervised(part);
    this.parts.set(part.name, supervised);
    const startedAtMs = performance.now();
    await supervised.start();
    const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
    this.say(`${part.name.padEnd(16)} ready in ${seconds.padStart(4)} s   ${part.address}`);
  }

  /** By its name in local.json. Throws a RangeError for a part that this stack does not have. */
  part(name: string): SupervisedPart {
    const part = this.parts.get(name);
    if (!part) throw new RangeError(`No part ${name} here: ${[...this.parts.keys()].join(', ')}`);
    return part;
  }

  /** The process of each part that runs now. */
  pids(): Record<string, number> {
    return Object.fromEntries(
      [...this.parts.values()].flatMap(({ name, pid }) => (pid === undefined ? [] : [[name, pid] as const])),
    );
  }

  /** Called whenever a part got another process. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Stops everything in order: services, Kafka, then the stores. Doing it twice is doing it once. */
  stop(): Promise<void> {
    this.stopped ??= this.stopAll();
    return this.stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  private async stopAll(): Promise<void> {
    clearInterval(this.rotation);
    const parts = [...this.parts.values()];
    for (const order of [...new Set(parts.map(({ part }) => part.stopOrder))].toSorted((a, b) => a - b)) {
      await Promise.all(parts.filter(({ part }) => part.stopOrder === order).map((part) => part.stop()));
    }
    await this.warden.stop();
    this.home.release();
  }

  private supervised(part: Part): SupervisedPart {
    const log = new LogFile(join(this.home.folder, 'logs', `${part.name}.log`));
    this.logs.push(log);
    const { records, launcher } = this.home;
    const changed = () => this.listeners.forEach((listener) => listener());
    return new SupervisedPart(part, { log, records, launcher, say: this.say, changed });
  }
}
