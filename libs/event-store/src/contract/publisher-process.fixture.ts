import { testStack } from '#libs/testing';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import type { KeyStore } from './opened-store.fixture.js';
import type { Order, PublisherOrders, Report } from './held-publisher.fixture.js';

const MAIN = fileURLToPath(new URL('./held-publisher.fixture.ts', import.meta.url));
const FROM_SOURCES = new URL('./from-sources.fixture.ts', import.meta.url).href;

/** A real process that publishes for a store. */
export type PublisherProcess = {
  /** Resolves when the process has said it, now or before. */
  said(report: Report): Promise<void>;
  tell(order: Order): void;
  /** SIGSTOP and SIGCONT: the process stands still with everything that it holds. */
  pause(): void;
  resume(): void;
  kill(): Promise<void>;
};

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) if (child.exitCode === null && child.signalCode === null) await end(child);
});

export function startPublisher({ options }: KeyStore, mode: PublisherOrders['mode']): PublisherProcess {
  const { service, schema, databaseUrl, sealKey, busKey, topicSpecs = [] } = options;
  const { brokers } = testStack().kafka;
  const orders: PublisherOrders = { service, schema, databaseUrl, sealKey, busKey, topicSpecs, brokers, mode };
  const child = fork(MAIN, [JSON.stringify(orders)], { execArgv: ['-C', 'source', '--import', FROM_SOURCES] });
  children.push(child);
  const reports = new Set<Report>();
  child.on('message', (report: Report) => reports.add(report));
  return {
    said: async (report) => {
      while (!reports.has(report)) {
        if (child.exitCode !== null) throw new Error(`The publisher ended with ${child.exitCode}.`);
        await Promise.race([once(child, 'message'), once(child, 'exit')]);
      }
    },
    tell: (order) => void child.send(order),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    kill: () => end(child),
  };
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
