import { createRequire } from 'node:module';

/** The part of kafkajs 2.2.4's request queue that this touches; one queue per connection. */
type RequestQueue = {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  scheduleCheckPendingRequests(): void;
  checkPendingRequests(): void;
};

/** How soon a request that had to wait is looked at again; the library's own interval. */
const LOOK_AGAIN_MS = 10;

/**
 * kafkajs 2.2.4 schedules its look at pending requests after every answer, even when nothing is pending, with the
 * delay `throttledUntil - now`. Unthrottled that is about minus the age of the epoch, which Node turns into 1 ms; and
 * the look schedules the next one. Every connection so spins a timer a thousand times a second for ever: 3.9 % of a
 * core in an idle process, and a TimeoutNegativeWarning on Node 24 and later.
 *
 * Nothing is lost by scheduling only when something is pending: pushing a request that must wait schedules a look, and
 * so does each look that leaves something behind. Held by `idle-timer-fix.int.spec.ts`.
 */
export function stopIdleTimer(): void {
  const load = createRequire(import.meta.url);
  const { prototype } = load('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
  if (typeof prototype.scheduleCheckPendingRequests !== 'function') {
    throw new TypeError('kafkajs has another request queue: look whether it still needs its idle timer stopped');
  }
  prototype.scheduleCheckPendingRequests = scheduleWhenPending;
}

function scheduleWhenPending(this: RequestQueue): void {
  if (this.throttleCheckTimeoutId || this.pending.length === 0) return;
  const throttledMs = this.throttledUntil - Date.now();
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    },
    throttledMs > 0 ? throttledMs : LOOK_AGAIN_MS,
  );
}
