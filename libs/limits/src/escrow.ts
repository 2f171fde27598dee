import { NO_CLAIM, weightOf, type Claim } from './claim.js';

/** Far from a limit, an ask is for this part of what is left, so that few records are written. */
const BLOCK_PART = 16;
/** Where what is left is less than so many times what a call needs, an ask is for calls that wait, and none ahead. */
const NEAR_CALLS = 32;

/**
 * `granted`: spend it. `wait`: it depends on an answer of the log; ask again after the next `apply` of an own record.
 * `contested`: others ask for what is left, and the log has not answered them yet; ask again when one of them was heard.
 * `refused`: the limit does not hold it now.
 */
export type Reservation = 'granted' | 'wait' | 'contested' | 'refused';

/**
 * One window as one boot of one replica sees it, over a log that all replicas read in the same order. What is asked for
 * may be spent only after the own record was read back with everything that stands before it in the log, and the sum of
 * all claims is within the limit: two that ask at once see each other in the order of the log, so that both cannot win.
 * A claim that was refused counts until it is withdrawn, and a dead boot's for as long as nobody settles it. So the sum
 * of what is accepted never exceeds the limit; what a call uses beyond its own reservation does, and nothing else.
 *
 * Pure: who publishes when `isDirty`, and feeds `apply`, decides about I/O and about time.
 */
export class Escrow {
  private readonly others = new Map<string, Claim>();
  private othersWeight = 0;
  private asked = 0;
  private own: Claim = NO_CLAIM;
  /** Set aside for calls under way. */
  private reserved = 0;
  private dirty = false;

  constructor(
    private readonly self: string,
    private limit: number,
  ) {}

  /** What may be spent without asking. Negative where calls used what others had reserved. */
  get free(): number {
    return this.own.accepted - this.own.settled - this.reserved;
  }

  /** What nobody has claimed, as far as the log was read. Negative where calls used more than they had reserved. */
  get left(): number {
    return this.limit - this.othersWeight - weightOf(this.own);
  }

  /** What is used or set aside by everybody, as far as the log was read. */
  get taken(): number {
    return this.othersWeight + weightOf(this.own);
  }

  /** What others ask for, as far as the log was read: theirs, or soon nobody's. */
  get askedByOthers(): number {
    return this.asked;
  }

  /** Whether the others do not know the claim yet. */
  get isDirty(): boolean {
    return this.dirty;
  }

  /** Whether an answer of the log is awaited. */
  get isAsking(): boolean {
    return this.own.asking > 0;
  }

  /** Whether calls under way hold a part of it. */
  get isInUse(): boolean {
    return this.reserved > 0;
  }

  /** A new revision may say another limit; what was accepted stays accepted. */
  setLimit(limit: number): void {
    this.limit = limit;
  }

  /**
   * Sets `amount` aside for a call. Asks the log where what is free does not hold it.
   * @param wanted by it and all that wait beside it: near the limit one ask is for all of them.
   * @param blockMax what an ask far from the limit is for at most, unless more is wanted: it is lost for the window when the
   * boot dies.
   */
  reserve(amount: number, wanted = amount, blockMax = Number.MAX_SAFE_INTEGER): Reservation {
    if (amount <= this.free) {
      this.reserved += amount;
      return 'granted';
    }
    if (this.isAsking) return 'wait';
    const need = amount - this.free;
    if (need > this.left) return need > this.left + this.asked ? 'refused' : 'contested';
    this.ask(need, Math.max(need, wanted - this.free), blockMax);
    return 'wait';
  }

  /** A call is over: what it had set aside is free again, and what it used is spent. */
  settle(reserved: number, used: number): void {
    this.reserved -= reserved;
    if (used === 0) return;
    const settled = this.own.settled + used;
    // What was used beyond all that was accepted counts anyway: it is not asked for once more.
    this.own = { ...this.own, settled, accepted: Math.max(this.own.accepted, settled) };
    this.dirty = true;
  }

  /** Lets go of what no call here needs, so that others get it. Never of what is asked for: the log answers that first. */
  giveBack(kept = 0): void {
    const surplus = this.free - kept;
    if (surplus <= 0 || this.isAsking) return;
    this.own = { ...this.own, accepted: this.own.accepted - surplus };
    this.dirty = true;
  }

  /** Answers the claim as it is published now. */
  publish(): Claim {
    this.dirty = false;
    return this.own;
  }

  /**
   * Does without the answer that is awaited; should it come yet, it is ignored. To be called when it is overdue: after
   * the compaction lag of the log, what stood before the ask may be gone, and the answer would be wrong.
   */
  withdraw(): void {
    if (!this.isAsking) return;
    this.own = { ...this.own, asking: 0 };
    this.dirty = true;
  }

  /**
   * A record of the window, in the order of the log; null where it was removed. The same for every replica: an own
   * record with an ask is its answer. Answers whether a waiting `reserve` should try again.
   */
  apply(writer: string, claim: Claim | null): boolean {
    if (writer !== this.self) {
      const before = this.others.get(writer) ?? NO_CLAIM;
      const now = claim ?? NO_CLAIM;
      this.othersWeight += weightOf(now) - weightOf(before);
      this.asked += now.asking - before.asking;
      if (weightOf(now) === 0) this.others.delete(writer);
      else this.others.set(writer, now);
      return false;
    }
    if (!claim || claim.ask !== this.own.ask || claim.asking === 0 || this.own.asking === 0) return false;
    // The sum as it stood at this record: what came after it in the log has not been applied yet.
    const isHeld = this.othersWeight + weightOf(claim) <= this.limit;
    const { asking } = this.own;
    this.own = { ...this.own, accepted: this.own.accepted + (isHeld ? asking : 0), asking: 0 };
    this.dirty = true;
    return true;
  }

  private ask(need: number, wanted: number, blockMax: number): void {
    const isNear = this.left < NEAR_CALLS * need;
    // Of what is left no more than all of it: an ask that cannot be held would only have to be withdrawn.
    const most = isNear ? Math.min(wanted, this.left) : Math.min(Math.max(wanted, blockMax), this.left / BLOCK_PART);
    const asking = Math.max(need, Math.floor(most));
    this.own = { ...this.own, asking, ask: this.own.ask + 1 };
    this.dirty = true;
  }
}
