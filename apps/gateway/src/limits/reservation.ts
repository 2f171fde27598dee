import { ANSWER_MS_MAX, CONTEST_MS_MAX, type Counter } from './counter.js';
import type { Meter } from './meters.js';
import type { Measure, TokenMeasure } from './rules-in-force.js';

/** What a call may need of a limit: `least` in any case, up to `most`; whole numbers. */
export type Need = { readonly least: number; readonly most: number };
/** A counter that holds a call, and what the call may need of it. */
export type Demand = { readonly meter: Meter; readonly counter: Counter; readonly need: Need };
/** Why a call may not go on: what it needs is not left, or nobody answers. */
export type Exceeded = { readonly by: Demand; readonly why: 'refused' | 'unavailable' };

/** What is left in a counter, as a caller is told. */
export type Remaining = { readonly meter: Meter; readonly counter: Counter; readonly left: number };

type Held = { readonly demand: Demand; amount: number };
/** Whose log has to answer first, or, where it is contested, for what others ask. */
type Waiting = { readonly demand: Demand; readonly isContested: boolean };

/** What one call has set aside in every counter that holds it. Settled once, whatever becomes of the call. */
export class Reservation {
  private held: Held[] = [];
  private isSettled = false;

  private constructor(
    /** Rules that only observe, and count what is used. */
    private readonly observed: readonly Demand[],
  ) {}

  /** Sets aside in all of the counters, or in none. A promise only where the log has to answer. */
  static of(
    enforced: readonly Demand[],
    observed: readonly Demand[],
  ): Reservation | Exceeded | Promise<Reservation | Exceeded> {
    const reservation = new Reservation(observed);
    const left = reservation.reserve(enforced);
    if ('why' in left) return reservation.given(left);
    return left.length === 0 ? reservation : reservation.wait(left);
  }

  /** The rules that would have refused the call, had they more to say. */
  get exceeded(): readonly string[] {
    return this.observed
      .filter(({ counter, need }) => counter.available < need.least)
      .map(({ meter }) => meter.rule.name);
  }

  /** What enforced rules have left for further calls: what this one has set aside on a guess alone may be among it. */
  get remaining(): readonly Remaining[] {
    return this.held.map(({ demand: { meter, counter, need }, amount }) => {
      return { meter, counter, left: Math.max(0, counter.available + amount - need.least) };
    });
  }

  /** Whether any of what it has set aside hangs on how long its answer gets. */
  get holdsTokens(): boolean {
    return this.held.some(({ demand }) => tokenMeasureOf(demand) !== undefined);
  }

  /**
   * The call goes on, and used so much by now: sets aside what it may soon use. Answers the first counter that has
   * nothing more where it used more than it has; one whose log has to answer first is asked again the next time.
   */
  extend(used: (measure: TokenMeasure) => number, soon: (measure: TokenMeasure) => number): Demand | undefined {
    if (this.isSettled) return undefined;
    for (const held of this.held) {
      const measure = tokenMeasureOf(held.demand);
      if (!measure) continue;
      const [now, later] = [used(measure), soon(measure)];
      // Asked for early: the log has answered by the time that it is needed.
      if (held.amount >= (now + later) / 2) continue;
      const more = now - held.amount;
      const answer = held.demand.counter.reserve(Math.max(1, more), later - held.amount);
      if (typeof answer === 'number') held.amount += answer;
      // That it cannot be told at the moment is no reason to end a call.
      else if (answer === 'refused' && more > 0) return held.demand;
    }
    return undefined;
  }

  /** The call is over and used so much of each measure; nothing where it never got to its upstream. */
  settle(used: ((measure: Measure) => number) | undefined): void {
    if (this.isSettled) return;
    this.isSettled = true;
    const usedOf = (demand: Demand) => used?.(demand.meter.rule.measure) ?? 0;
    for (const { demand, amount } of this.held) demand.counter.settle(amount, usedOf(demand));
    for (const demand of this.observed) demand.counter.settle(0, usedOf(demand));
  }

  /** Those that have to wait, or the first that refuses. */
  private reserve(demands: readonly Demand[], answered?: Counter): readonly Waiting[] | Exceeded {
    const waiting: Waiting[] = [];
    for (const demand of demands) {
      const { counter, need } = demand;
      const answer = counter.reserve(need.least, need.most, counter === answered);
      const isContested = answer === 'contested';
      if (typeof answer === 'number') this.held.push({ demand, amount: answer });
      else if (answer === 'wait' || isContested) waiting.push({ demand, isContested });
      else return { by: demand, why: answer };
    }
    return waiting;
  }

  private async wait(waiting: readonly Waiting[]): Promise<Reservation | Exceeded> {
    const nowMs = performance.now();
    const [untilMs, contestedUntilMs] = [nowMs + ANSWER_MS_MAX, nowMs + CONTEST_MS_MAX];
    let left: readonly Waiting[] | Exceeded = waiting;
    for (let [first] = left; first; [first] = left) {
      // Bounded by the time: each turn takes an answer of the log.
      const { demand, isContested } = first;
      const leftMs = (isContested ? contestedUntilMs : untilMs) - performance.now();
      if (leftMs <= 0 || !(await demand.counter.answered(demand.need.least, leftMs))) {
        return this.given({ by: demand, why: isContested ? 'refused' : 'unavailable' });
      }
      left = this.reserve(
        left.map((each) => each.demand),
        demand.counter,
      );
      if ('why' in left) return this.given(left);
    }
    return this;
  }

  private given(exceeded: Exceeded): Exceeded {
    this.isSettled = true;
    for (const { demand, amount } of this.held) demand.counter.settle(amount, 0);
    return exceeded;
  }
}

function tokenMeasureOf({ meter }: Demand): TokenMeasure | undefined {
  const { measure } = meter.rule;
  return measure === 'tokens' || measure === 'cost' ? measure : undefined;
}
