import type { Clock } from '#libs/telemetry';
import {
  IDEMPOTENCY_KEPT_MS,
  IDEMPOTENCY_LEASE_MS,
  IdempotencyStore,
  type ClaimResult,
  type IdempotencyClaim,
  type KeptAnswer,
} from './idempotency-store.js';

type Entry = { readonly digest: string; readonly freeAtMs: number; readonly answer?: KeptAnswer };

/** Most keys held; the oldest goes first. */
export const IDEMPOTENCY_ENTRIES_MAX = 10_000;

/** Of one process, and gone with it: for specs, and for services whose POSTs may be repeated after a restart. */
export class MemoryIdempotencyStore extends IdempotencyStore {
  private readonly entries = new Map<string, Entry>();
  private readonly clock: Pick<Clock, 'nowMs'>;

  constructor(clock: Pick<Clock, 'nowMs'>) {
    super();
    this.clock = clock;
  }

  override claim({ scope, key, digest }: IdempotencyClaim): Promise<ClaimResult> {
    const now = this.clock.nowMs();
    const known = this.entries.get(`${scope} ${key}`);
    if (known && known.freeAtMs > now) {
      const { digest: first, answer } = known;
      return Promise.resolve(answer ? { state: 'kept', digest: first, answer } : { state: 'busy', digest: first });
    }
    this.set(`${scope} ${key}`, { digest, freeAtMs: now + IDEMPOTENCY_LEASE_MS });
    return Promise.resolve({ state: 'claimed' });
  }

  override keep({ scope, key, digest }: IdempotencyClaim, answer: KeptAnswer): Promise<void> {
    this.set(`${scope} ${key}`, { digest, freeAtMs: this.clock.nowMs() + IDEMPOTENCY_KEPT_MS, answer });
    return Promise.resolve();
  }

  override release({ scope, key }: IdempotencyClaim): Promise<void> {
    this.entries.delete(`${scope} ${key}`);
    return Promise.resolve();
  }

  private set(at: string, entry: Entry): void {
    this.entries.delete(at);
    this.entries.set(at, entry);
    if (this.entries.size <= IDEMPOTENCY_ENTRIES_MAX) return;
    const oldest = this.entries.keys().next().value;
    if (oldest !== undefined) this.entries.delete(oldest);
  }
}
