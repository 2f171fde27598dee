import type { EachBatchPayload } from 'kafkajs';
import { isOwnershipLost, typeOf } from '#libs/kafka';
import { HEARTBEAT_MS, SESSION_TIMEOUT_MS } from './kafka-settings.js';

/**
 * Sends heartbeats while a handler works, which kafkajs leaves to the handler. Ownership counts as lost when the group
 * says so, and when nothing was heard from it for a session's length; a rebalance that has only begun lets the handler
 * finish and commit, but `rejoin` is then due.
 */
export class KeepAlive {
  private readonly abort = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private heardAtMs = performance.now();
  /** What kafkajs has to be told, so that it joins again. */
  rejoin: unknown;

  constructor(
    private readonly payload: Pick<EachBatchPayload, 'heartbeat'>,
    closing: AbortSignal,
  ) {
    this.signal = AbortSignal.any([this.abort.signal, closing]);
    // A little faster than heartbeats are due: kafkajs sends one only when it is.
    this.timer = setInterval(() => void this.beat(), HEARTBEAT_MS / 3);
  }

  readonly signal: AbortSignal;

  /** Beats once, e.g. between two batches; never rejects. */
  async beat(): Promise<void> {
    try {
      await this.payload.heartbeat();
      // Answered, or not yet due; then the last answer is younger than the interval.
      this.heardAtMs = performance.now();
    } catch (error) {
      this.failed(error);
    }
    if (performance.now() - this.heardAtMs > SESSION_TIMEOUT_MS) this.abort.abort();
  }

  /** Is the partition still ours, as far as anybody can know? Asks if nothing was heard for long, as after a stop. */
  async owns(): Promise<boolean> {
    if (performance.now() - this.heardAtMs > 2 * HEARTBEAT_MS) await this.beat();
    return !this.rejoin && !this.signal.aborted;
  }

  /** Takes note of a failure of this member's requests. */
  failed(error: unknown): void {
    if (!isOwnershipLost(error)) return;
    this.rejoin ??= error;
    if (typeOf(error) !== 'REBALANCE_IN_PROGRESS') this.abort.abort();
  }

  /** Given up for silence: no rejoin will follow by itself, and nobody else says where to go on from. */
  get isUnheard(): boolean {
    return this.abort.signal.aborted && !this.rejoin;
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
