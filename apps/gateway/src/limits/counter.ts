import { Escrow, type Claim } from '#libs/limits';
import type { CounterWindow } from './counter-window.js';

/** An amount that was set aside, or why there is none; `wait`: the log has to answer first. */
export type CounterAnswer = number | 'wait' | 'refused' | 'unavailable';

/** After so long without an answer of the log, whoever comes is told at once that there is none, ms. */
export const ANSWER_MS_MAX = 5_000;
/** An ask that is older is done without: far below the compaction lag of the log, within which answers are right. */
const ASK_MS_MAX = 30_000;
/** Calls that wait for the answers of one counter. */
const WAITING_MAX = 10_000;

type CounterOptions = {
  /** `<replica>/<boot>`. */
  readonly self: string;
  readonly monotonicMs: () => number;
  /** Told when others should hear of the claim: at once, where somebody waits for it. */
  readonly onDirty: (counter: Counter, isUrgent: boolean) => void;
};

/** One run of a window at this gateway: its escrow, and who waits for an answer of the log. */
export class Counter {
  private readonly escrow: Escrow;
  /** Of what was read, the last of each writer; kept also where it was removed, since older ones may come again. */
  private readonly positions = new Map<string, number>();
  private readonly writers = new Set<string>();
  private readonly waiting = new Set<() => void>();
  private position = 0;
  private askedAtMs = 0;
  /** What calls set aside since the last two looks, the older first. */
  private recent: readonly [number, number] = [0, 0];

  constructor(
    readonly window: CounterWindow,
    private readonly options: CounterOptions,
  ) {
    this.escrow = new Escrow(options.self, 0);
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
   */
  reserve(least: number, most: number): CounterAnswer {
    const { escrow, options } = this;
    const amount = Math.min(most, Math.max(least, this.available));
    const wasAsking = escrow.isAsking;
    const answer = escrow.reserve(amount);
    if (answer === 'granted') {
      this.recent = [this.recent[0], this.recent[1] + amount];
      return amount;
    }
    if (answer === 'refused') return 'refused';
    const nowMs = options.monotonicMs();
    if (!wasAsking) {
      this.askedAtMs = nowMs;
      options.onDirty(this, true);
    }
    return nowMs - this.askedAtMs > ANSWER_MS_MAX || this.waiting.size >= WAITING_MAX ? 'unavailable' : 'wait';
  }

  /** What had been set aside is free again, and what was used is spent; also where nothing had been set aside. */
  settle(reserved: number, used: number): void {
    this.escrow.settle(reserved, used);
    if (this.escrow.isDirty) this.options.onDirty(this, false);
  }

  /** Resolves with true when the log has answered; with false after `ms`. */
  answered(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const answer = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.waiting.delete(answer);
        resolve(false);
      }, ms);
      this.waiting.add(answer);
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
    const before = this.escrow.left;
    if (!this.escrow.apply(writer, claim)) return;
    // A claim that was refused counts against everybody until it is withdrawn.
    this.options.onDirty(this, this.escrow.left > before);
    const answers = [...this.waiting];
    this.waiting.clear();
    for (const answer of answers) answer();
  }

  /** The claim as others are to know it, and its number. */
  publish(): { readonly claim: Claim; readonly position: number } {
    this.position += 1;
    return { claim: this.escrow.publish(), position: this.position };
  }

  /** Once a second: gives back what calls here do not need, and does without an answer that does not come. */
  look(): void {
    const { escrow, options } = this;
    if (escrow.isAsking && options.monotonicMs() - this.askedAtMs > ASK_MS_MAX) escrow.withdraw();
    escrow.giveBack(this.recent[0] + this.recent[1]);
    this.recent = [this.recent[1], 0];
    if (escrow.isDirty) options.onDirty(this, false);
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

  /** The window is over: whose claims are to be removed from the log, by records of which numbers. */
  removeOwn(): { readonly writer: string; readonly position: number }[] {
    const { self } = this.options;
    if (this.position === 0) return [];
    this.writers.delete(self);
    return [{ writer: self, position: this.position + 1 }];
  }

  /** As `removeOwn`, of those whose writers should have done it long ago. */
  removeOthers(): { readonly writer: string; readonly position: number }[] {
    const left = [...this.writers].filter((writer) => writer !== this.options.self);
    for (const writer of left) this.writers.delete(writer);
    return left.map((writer) => ({ writer, position: (this.positions.get(writer) ?? 0) + 1 }));
  }

  /** Whether anybody still has a claim in the log, as far as it was read. */
  get isClaimed(): boolean {
    return this.writers.size > 0;
  }
}
