import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { stopIdleTimer } from './idle-timer-fix.js';
import { shareTimeoutChecks } from './request-timeouts.js';

type Queue = {
  push(request: object): void;
  fulfillRequest(answer: { correlationId: number; size: number; payload: Buffer }): void;
  scheduleRequestTimeoutCheck(): void;
  destroy(): void;
};
type QueueClass = new (options: object) => Queue;

const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as QueueClass;
const { scheduleRequestTimeoutCheck, destroy } = RequestQueue.prototype;
const queues: Queue[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  // Would count as a thousand looks a second.
  stopIdleTimer();
  shareTimeoutChecks();
});
afterEach(() => {
  for (const queue of queues.splice(0)) queue.destroy();
  vi.runOnlyPendingTimers();
  vi.useRealTimers();
  Object.assign(RequestQueue.prototype, { scheduleRequestTimeoutCheck, destroy });
});

function scene({ isConnected = () => true }: { isConnected?: () => boolean } = {}) {
  const logger = { debug: () => undefined, warn: () => undefined };
  const options = { requestTimeout: 10_000, enforceRequestTimeout: true, clientId: 'c', broker: 'b', logger };
  const queue = new RequestQueue({ ...options, isConnected });
  queues.push(queue);
  queue.scheduleRequestTimeoutCheck();
  const failed: number[] = [];
  const push = (correlationId: number, requestTimeout?: number) => {
    const entry = { correlationId, resolve: () => undefined, reject: () => failed.push(correlationId) };
    queue.push({ entry, expectResponse: true, requestTimeout, sendRequest: () => undefined });
  };
  const answer = (correlationId: number) => queue.fulfillRequest({ correlationId, size: 0, payload: Buffer.of() });
  return { push, answer, failed };
}

it('gives up a request of any connection at its time-out, at most a second late', () => {
  const [one, other] = [scene(), scene()];
  vi.advanceTimersByTime(9_500);
  one.push(1);
  vi.advanceTimersByTime(400);
  other.push(2);
  vi.advanceTimersByTime(9_599);
  expect([one.failed, other.failed]).toEqual([[], []]);
  vi.advanceTimersByTime(1_402);
  expect([one.failed, other.failed]).toEqual([[1], [2]]);
});

it('waits for one that may take longer, and gives up the others beside it', () => {
  const { push, failed } = scene();
  push(1, 30_000);
  push(2);
  vi.advanceTimersByTime(11_001);
  expect(failed).toEqual([2]);
  vi.advanceTimersByTime(20_000);
  expect(failed).toEqual([2, 1]);
});

it('looks at a dozen idle connections about once in the time that a request may take', () => {
  // Each look asks each connection once whether it is still there.
  let looks = 0;
  const isConnected = () => (looks += 1) > 0;
  const scenes = Array.from({ length: 12 }, (_, n) => scene(n === 0 ? { isConnected } : {}));
  for (let second = 0; second < 60; second += 1) {
    for (const { push } of scenes) push(second);
    vi.advanceTimersByTime(1_000);
    for (const { answer } of scenes) answer(second);
  }
  expect(looks).toBeGreaterThan(0);
  expect(looks).toBeLessThan(12);
});

it('forgets a connection that has gone', () => {
  scene({ isConnected: () => false });
  vi.advanceTimersByTime(10_001);
  expect(vi.getTimerCount()).toBe(0);
});
