import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { stopIdleTimer } from './idle-timer-fix.js';

type Queue = {
  push(request: object): void;
  fulfillRequest(answer: { correlationId: number; size: number; payload: Buffer }): void;
  maybeThrottle(ms: number): void;
  destroy(): void;
};
type QueueClass = new (options: object) => Queue;

beforeEach(() => {
  vi.useFakeTimers();
  stopIdleTimer();
});
afterEach(() => {
  vi.useRealTimers();
});

function scene(maxInFlightRequests: number | null) {
  const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as QueueClass;
  const logger = { debug: () => undefined, warn: () => undefined };
  const options = { maxInFlightRequests, requestTimeout: 1000, clientId: 'c', broker: 'b', logger };
  const queue = new RequestQueue(options);
  const sent: number[] = [];
  const push = (correlationId: number) => {
    const entry = { correlationId, resolve: () => undefined, reject: () => undefined };
    queue.push({ entry, expectResponse: true, sendRequest: () => sent.push(correlationId) });
  };
  const answer = (correlationId: number) => queue.fulfillRequest({ correlationId, size: 0, payload: Buffer.of() });
  return { queue, sent, push, answer };
}

it('schedules nothing after an answer when nothing is pending', () => {
  const { push, answer } = scene(null);
  push(1);
  answer(1);
  expect(vi.getTimerCount()).toBe(0);
});

it('sends what had to wait for others as soon as they are answered', () => {
  const { push, answer, sent } = scene(1);
  push(1);
  push(2);
  push(3);
  answer(1);
  answer(2);
  expect(sent).toEqual([1, 2, 3]);
});

it('sends what the broker’s throttling held back once it is over, without another request or answer', () => {
  const { queue, push, sent } = scene(null);
  queue.maybeThrottle(250);
  push(1);
  vi.advanceTimersByTime(240);
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(20);
  expect(sent).toEqual([1]);
  vi.advanceTimersByTime(20);
  expect(vi.getTimerCount()).toBe(0);
});
