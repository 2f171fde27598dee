import { Escrow, type Claim } from '#libs/limits';
import { NEVER_MS, type CounterWindow } from './counter-window.js';
import { Lease } from './lease.js';

/**
 * An amount that was set aside, or why there is none; `wait`: the log has to answer first; `contested`: another gateway asks for
 * it, and has it soon, or lets go of it.
 */
export type CounterAnswer = number | 'wait' | 'contested' | 'refused' | 'unavailable';

/** After so long without an answer of the log, whoever comes is told at once that there is none, ms. */
export const ANSWER_MS_MAX = 5_000;
/** How long a call waits for what others ask for, and how old the last that was heard of it may be, ms: some round trips to the log. */
export const CONTEST_MS_MAX = 250;
/** An ask that is older is done without: far below the compaction lag of the log, within which answers are right. */
const ASK_MS_MAX = 30_000;
/** What is asked for at once: so many calls' worth, or so many times what calls needed in the last two seconds. */
const CALLS_AHEAD = 8;
const USE_AHEAD = 4;
/** Calls that wait for the answers of one counter. */
const WAITING_MAX = 10_000;

export type CounterOptions = {
  /** `<replica>/<boot>`. */
  readonly self: string;
  readonly monotonicMs: () => number;
  /** Since when the log is read without a break. */
  readonly readingSinceMs: () => number;
  /** Numbers this boot's records, from 1. */
  readonly nextPosition: () => number;
  /** Told when others should hear of the claim: at once, where somebody waits for it. */
  readonly onDirty: (counter: Counter, isUrgent: boolean) => void;
};

/** One run of a window, or slots of calls under way, at this gateway: its escrow, and who waits for an answer of the log. */
export class Counter {
  private readonly escrow: Escrow;
  /** Of what was read, the last of each writer; kept also where it was removed, since older ones may come again. */
  private readonly positions = new Map<string, number>();
  private readonly writers = new Set<string>();
  private readonly waiting = new Map<() => void, number>();
  /** What calls need that were answered just now and try again in this very turn. */
  private returning = 0;
  /** Only of slots: a window's claims end with it. */
  private readonly lease: Lease | undefined;
  private isTold = false;
  private isOver = false;
  private askedAtMs = 0;
  /** When others were heard last to ask, or to ask no more. */
  private contestedAtMs = Number.NEGATIVE_INFINITY;
  private usedAtMs: number;
  private inUse = 0;
  /** What calls needed since the last two looks, the older first: of a window all that they set aside, of slots at once. */
  private recent: readonly [number, number] = [0, 0];

  constructor(
    readonly window: CounterWindow,
    private readonly options: CounterOptions,
  ) {
    this.escrow = new Escrow(options.self, 0);
    this.lease = window.endMs === NEVER_MS ? new Lease(options) : undefined;
    this.usedAtMs = options.monotonicMs();
  }

  /** A revision may say another one; what was accepted stays accepted. */
  setLimit(limit: number): void {
    this.escrow.setLimit(limit);
  }

  /** What a call here could have at the moment. Less than 0 where calls used more than they had set aside. */
  get available(): number {
    return this.escrow.free + this.escrow.left;
  }

  /**
   * Sets `most` aside for a call, or as much of it as there is, but not less than `least`; answers how much.
   * @param least whole, 1 at least.
   * @param isReturning it waited for the answer that came just now.
   */
  reserve(least: number, most: number, isReturning = false): CounterAnswer {
    const { escrow, options } = this;
    const nowMs = options.monotonicMs();
    this.usedAtMs = nowMs;
    this.lapse();
    const amount = Math.min(most, Math.max(least, this.available));
    const wasAsking = escrow.isAsking;
    if (isReturning) this.returning = Math.max(0, this.returning - least);
    const wanted = amount + (isReturning ? this.returning : 0);
    const blockMax = Math.max(CALLS_AHEAD * amount, USE_AHEAD * (this.recent[0] + this.recent[1]));
    const answer = escrow.reserve(amount, wanted, blockMax);
    if (answer === 'granted') {
      this.inUse += amount;
      const [older, needed] = this.recent;
      this.recent = [older, this.lease ? Math.max(needed, this.inUse) : needed + amount];
      return amount;
    }
    if (answer === 'refused') return 'refused';
    if (answer === 'contested') {
      // The ask of one that died would be waited for by every call.
      const isAlive = nowMs - this.contestedAtMs <= CONTEST_MS_MAX && this.waiting.size < WAITING_MAX;
      return isAlive ? 'contested' : 'refused';
    }
    if (!wasAsking) {
      this.askedAtMs = nowMs;
      options.onDirty(this, true);
    }
    return nowMs - this.askedAtMs > ANSWER_MS_MAX || this.waiting.size >= WAITING_MAX ? 'unavailable' : 'wait';
  }

  /** What had been set aside is free again, and what was used is spent; also where nothing had been set aside. */
  settle(reserved: number, used: number): void {
    this.inUse -= reserved;
    this.escrow.settle(reserved, used);
    if (this.escrow.isDirty) this.options.onDirty(this, false);
  }

  /**
   * Resolves with true when the log has answered, or another gateway asks for less than before, for a call that needs so much and tries
   * again; with false after `ms`.
   */
  answered(least: number, ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const answer = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.waiting.delete(answer);
        resolve(false);
      }, ms);
      this.waiting.set(answer, least);
    });
  }

  /** A record of the log, in its order; null where it was removed. One that is older than what is known says nothing. */
  apply(writer: string, claim: Claim | null, position: number): void {
    const isOwn = writer === this.options.self;
    if (position <= (this.positions.get(writer) ?? 0)) {
      // It stands last in the log, and would be all that later readers find.
      if (isOwn) this.options.onDirty(this, false);
      return;
    }
    this.positions.set(writer, position);
    if (claim) this.writers.add(writer);
    else this.writers.delete(writer);
    if (isOwn) this.lease?.told(position);
    else if (claim) this.lease?.heard(writer);
    else this.lease?.forget(writer);
    const { left, askedByOthers } = this.escrow;
    const isAnswer = this.escrow.apply(writer, claim);
    if (this.escrow.askedByOthers !== askedByOthers) this.contestedAtMs = this.options.monotonicMs();
    // Whoever waits for an answer of its own is served by that.
    if (!isAnswer && (this.escrow.isAsking || this.escrow.askedByOthers >= askedByOthers)) return;
    this.lapse();
    // A claim that was refused counts against everybody until it is withdrawn.
    if (isAnswer) this.options.onDirty(this, this.escrow.left > left);
    this.wake();
  }

  /** Those that wait try again, in the order in which they came. */
  private wake(): void {
    const answers = [...this.waiting];
    this.waiting.clear();
    this.returning = answers.reduce((sum, [, least]) => sum + least, 0);
    for (const [answer] of answers) answer();
  }

  /** The claim as others are to know it, and its number. */
  publish(): { readonly claim: Claim; readonly position: number } {
    this.lapse();
    const position = this.options.nextPosition();
    this.isTold = true;
    this.lease?.sending(position);
    return { claim: this.escrow.publish(), position };
  }

  /** Once a second: gives back what calls here do not need, and does without an answer that does not come. */
  look(): void {
    const { escrow, options } = this;
    this.lapse();
    if (escrow.isAsking && options.monotonicMs() - this.askedAtMs > ASK_MS_MAX) escrow.withdraw();
    const [older, newer] = this.recent;
    escrow.giveBack(this.lease ? Math.max(older, newer) - this.inUse : older + newer);
    this.recent = [newer, this.lease ? this.inUse : 0];
    if (escrow.isDirty || (this.isHeld && this.lease?.isDue === true)) options.onDirty(this, false);
  }

  /** Gives back all that no call under way holds. */
  giveBack(): void {
    this.escrow.withdraw();
    this.escrow.giveBack();
    if (this.escrow.isDirty) this.options.onDirty(this, true);
  }

  /** Whether this boot holds a part of it, or waits for one. */
  get isHeld(): boolean {
    return this.escrow.free > 0 || this.escrow.isInUse || this.escrow.isAsking;
  }

  /** Whether this boot has no need of it: its window has been over, or its slots have not been asked for, for so long. */
  isIdleFor(ms: number, nowMs: number): boolean {
    if (!this.lease) return nowMs - this.window.endMs > ms;
    return !this.isHeld && this.options.monotonicMs() - this.usedAtMs > ms;
  }

  /** It counts nothing any more; whoever still knows it asks for the one that does. */
  get isForgotten(): boolean {
    return this.isOver;
  }

  forget(): void {
    this.isOver = true;
  }

  /** It is idle: whose claim is to be removed from the log, by records of which numbers. */
  removeOwn(): { readonly writer: string; readonly position: number }[] {
    if (!this.isTold) return [];
    const { self, nextPosition } = this.options;
    this.isTold = false;
    this.writers.delete(self);
    return [{ writer: self, position: nextPosition() }];
  }

  /** As `removeOwn`, of those whose writers should have done it so long ago. */
  removeOthers(ms: number, nowMs: number): { readonly writer: string; readonly position: number }[] {
    const others = [...this.writers].filter((writer) => writer !== this.options.self);
    const silent = this.lease?.silent(ms);
    const left = others.filter((writer) => silent?.includes(writer) ?? this.isIdleFor(ms, nowMs));
    for (const writer of left) this.writers.delete(writer);
    return left.map((writer) => ({ writer, position: (this.positions.get(writer) ?? 0) + 1 }));
  }

  /** Whether anybody still has a claim in the log, as far as it was read. */
  get isClaimed(): boolean {
    return this.writers.size > 0;
  }

  /** Of slots: lets go of what has lapsed here, and of what others have let lapse. */
  private lapse(): void {
    const { lease, escrow } = this;
    if (!lease) return;
    if (escrow.free > 0 && lease.isLapsed) {
      escrow.withdraw();
      escrow.giveBack();
    }
    for (const writer of lease.silent()) escrow.apply(writer, null);
  }
}
