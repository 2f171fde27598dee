import { createRequire } from 'node:module';

type Sent = { readonly sentAt: number; readonly requestTimeout: number; timeoutRequest(): void };
/** The part of kafkajs 2.2.4's request queue that this touches; one queue per connection. */
type RequestQueue = {
  readonly enforceRequestTimeout?: boolean;
  /** The least that any request of this queue may take, ms. */
  readonly requestTimeout: number;
  readonly inflight: ReadonlyMap<number, Sent>;
  isConnected(): boolean;
  scheduleRequestTimeoutCheck(): void;
  destroy(): void;
};

/** Requests are looked at no more often than this, ms: so much longer than its time-out may one go on. */
const LOOK_EVERY_MS_MIN = 1_000;

const watched = new Set<RequestQueue>();
let timer: NodeJS.Timeout | undefined;
let dueMs = Number.POSITIVE_INFINITY;

/**
 * kafkajs 2.2.4 looks ten times a second, on a timer of each connection, whether a request is overdue: half of what woke an
 * idle gateway that has a dozen of them. Here one timer of the thread goes off when the first request of all connections
 * is due. A request sent meanwhile is due no earlier: none has a shorter time-out than its queue's own.
 */
export function shareTimeoutChecks(): void {
  const load = createRequire(import.meta.url);
  const { prototype } = load('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
  if (typeof prototype.scheduleRequestTimeoutCheck !== 'function' || typeof prototype.destroy !== 'function') {
    throw new TypeError('kafkajs has another request queue: look how it gives requests up');
  }
  const { destroy } = prototype;
  prototype.scheduleRequestTimeoutCheck = function watch() {
    if (!this.enforceRequestTimeout) return;
    watched.add(this);
    lookIn(this.requestTimeout);
  };
  prototype.destroy = function forget() {
    watched.delete(this);
    destroy.call(this);
  };
}

function lookIn(ms: number): void {
  const atMs = Date.now() + Math.max(ms, LOOK_EVERY_MS_MIN);
  if (atMs >= dueMs) return;
  clearTimeout(timer);
  dueMs = atMs;
  timer = setTimeout(look, atMs - Date.now()).unref();
}

function look(): void {
  dueMs = Number.POSITIVE_INFINITY;
  const nowMs = Date.now();
  for (const queue of watched) {
    for (const request of queue.inflight.values()) {
      if (nowMs - request.sentAt > request.requestTimeout) request.timeoutRequest();
    }
    if (!queue.isConnected()) {
      queue.destroy();
      continue;
    }
    const left = [...queue.inflight.values()].map(({ sentAt, requestTimeout }) => sentAt + requestTimeout + 1 - nowMs);
    lookIn(Math.min(queue.requestTimeout, ...left));
  }
}
