import type { UsageRecord } from '#libs/contracts';
import type { Counter } from './counter.js';
import type { CounterWindow } from './counter-window.js';

/** Runs that calls open here and that are held at once; beyond it, a call that needs a further one is refused. */
export const COUNTERS_MAX = 100_000;
/** Calls that began in a run are settled in it; so long after its end it is over for good, ms. */
export const GRACE_MS = 60_000;
/** What boots that died left in the log is removed by whoever knows of it, so long after the run's end, ms. */
const FOREIGN_GRACE_MS = 3_600_000;

/** Whose claim on which window, and the number that its writer gave the record. */
export type ClaimPlace = { readonly window: string; readonly writer: string; readonly position: number };

type CountersOptions = {
  readonly nowMs: () => number;
  readonly make: (window: CounterWindow) => Counter;
  readonly countersMax: number;
};

/** The runs of windows that count at the moment, by their ids. */
export class Counters {
  private readonly byId = new Map<string, Counter>();

  constructor(private readonly options: CountersOptions) {}

  get size(): number {
    return this.byId.size;
  }

  /** Undefined where there are too many. */
  of(window: CounterWindow): Counter | undefined {
    return this.byId.get(window.id) ?? (this.byId.size < this.options.countersMax ? this.made(window) : undefined);
  }

  /**
   * What somebody claims, in the order of the log; null where it was removed. Taken also beyond the bound: a counter that
   * missed a claim would let through what it must not, and every gateway that writes has that bound.
   */
  apply({ window, writer, position }: ClaimPlace, record: UsageRecord | null): void {
    const counter = this.byId.get(window) ?? (record ? this.made({ id: window, ...record }) : undefined);
    counter?.apply(writer, record, position);
  }

  /** Forgets what is over, and answers which claims are to be removed from the log. */
  expire(): ClaimPlace[] {
    const nowMs = this.options.nowMs();
    const removals: ClaimPlace[] = [];
    for (const [window, counter] of this.byId) {
      const isIdle = counter.isIdleFor(GRACE_MS, nowMs);
      const claims = [...(isIdle ? counter.removeOwn() : []), ...counter.removeOthers(FOREIGN_GRACE_MS, nowMs)];
      removals.push(...claims.map((claim) => ({ window, ...claim })));
      if (!isIdle || counter.isClaimed) continue;
      this.byId.delete(window);
      counter.forget();
    }
    return removals;
  }

  private made({ id, tenantId, holder, rule, unit, per, startMs, endMs }: CounterWindow): Counter {
    const counter = this.options.make({ id, tenantId, holder, rule, unit, per, startMs, endMs });
    this.byId.set(id, counter);
    return counter;
  }
}
