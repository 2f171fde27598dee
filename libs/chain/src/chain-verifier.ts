import type { ChainPlace, ChainSegment } from '#libs/contracts';
import type { StoredRow } from './chain-break.js';
import { chainHash } from './chain-hash.js';
import { comparePlaces, dayOf, placeOf } from './place.js';

/** Rows after a break that are looked at to tell what happened. */
export const ROWS_AFTER_BREAK_MAX = 2_000;

/**
 * What was done to a chain. `changed_or_dropped`: after the last checkpoint no count tells which. `rewritten`: the rows
 * follow from each other, and not to the hash that was signed; somebody computed the chain anew from here on.
 */
export type ChainFault = {
  readonly kind: 'changed' | 'dropped' | 'inserted' | 'reordered' | 'changed_or_dropped' | 'rewritten';
  /** The first row concerned; of `dropped`, the one before which, or at the end of which, rows are missing. */
  readonly place: ChainPlace;
  /** `change_id` or `decision_id` of the row that stands there; '' for none. */
  readonly id: string;
  readonly day: string;
};

/** What was found of one chain. */
export type ChainReport = {
  readonly rows: number;
  /** Of them those that a checkpoint vouches for. */
  readonly signedRows: number;
  /** Segments whose rows are all gone, as retention takes them: the oldest ones. */
  readonly expiredSegments: number;
  readonly fault?: ChainFault;
};

type Break = { readonly former: string; readonly before: string; readonly rows: StoredRow[] };

/**
 * Checks one chain (tenant, topic and table) against the segments that were signed of it. Give it the rows in the order
 * of the chain, then ask for the report. It names the first fault, and looks no further.
 * @param expiredBefore Day (UTC) before which rows may be gone, or going.
 */
export class ChainVerifier {
  private next = 0;
  private head: string | undefined;
  private hashBefore = '';
  private last: StoredRow | undefined;
  private lastPlace: ChainPlace | undefined;
  private inSegment = 0;
  private rows = 0;
  private signedRows = 0;
  private expiredSegments = 0;
  private broken: Break | undefined;
  private fault: ChainFault | undefined;

  constructor(
    private readonly segments: readonly ChainSegment[],
    private readonly expiredBefore: string,
  ) {}

  take(row: StoredRow): void {
    if (this.fault) return;
    const place = placeOf(row);
    while (!this.fault && this.segment && comparePlaces(place, this.segment.last) > 0) this.endSegment();
    if (this.fault) return;
    this.rows += 1;
    this.inSegment += 1;
    // What is going may be half gone. The row's own day is not asked: it may be a lie.
    if (this.segment && this.segment.day < this.expiredBefore) return;
    if (this.lastPlace && comparePlaces(place, this.lastPlace) <= 0) {
      const isCopy = comparePlaces(place, this.lastPlace) === 0;
      this.fault = faultAt(isCopy ? 'inserted' : 'reordered', row);
      return;
    }
    this.lastPlace = place;
    if (this.broken) {
      if (this.broken.rows.length < ROWS_AFTER_BREAK_MAX) this.broken.rows.push(row);
      return;
    }
    const former = this.head ?? this.segment?.former ?? '';
    if (hashOf(former, row) !== row.chain_hash) {
      this.broken = { former, before: this.hashBefore, rows: [row] };
      return;
    }
    this.hashBefore = former;
    this.head = row.chain_hash;
    this.last = row;
  }

  report(): ChainReport {
    while (!this.fault && this.segment) this.endSegment();
    if (!this.fault && this.broken) this.fault = this.diagnose(this.broken, undefined);
    const { rows, signedRows, expiredSegments, fault } = this;
    return { rows, signedRows, expiredSegments, ...(fault && { fault }) };
  }

  private get segment(): ChainSegment | undefined {
    return this.segments[this.next];
  }

  private endSegment(): void {
    const segment = this.segments[this.next];
    if (!segment) return;
    const missing = segment.rows - this.inSegment;
    if (segment.day < this.expiredBefore) {
      if (this.inSegment === 0) this.expiredSegments += 1;
      // The next one begins from what was signed.
      this.begin(segment.head);
      return;
    }
    if (this.broken) {
      this.fault = this.diagnose(this.broken, missing);
      return;
    }
    const at = { place: segment.last, id: '', day: segment.day };
    if (this.inSegment === 0) this.fault = { kind: 'dropped', ...at, place: segment.first };
    else if (missing > 0) this.fault = { kind: 'dropped', ...at };
    else if (missing < 0) this.fault = { kind: 'inserted', ...at, id: this.last ? idOf(this.last) : '' };
    else if (this.head !== segment.head) this.fault = { kind: 'rewritten', ...at, place: segment.first };
    this.signedRows += this.inSegment;
    this.begin(segment.head);
  }

  private begin(head: string): void {
    this.next += 1;
    this.head = head;
    this.inSegment = 0;
  }

  /** @param missing Signed rows that are not there; negative for more than were signed; undefined behind the last checkpoint. */
  private diagnose({ former, before, rows }: Break, missing: number | undefined): ChainFault {
    const [row, ...following] = rows as [StoredRow, ...StoredRow[]];
    // The row before it was put in: without it this one follows.
    if (this.last && before !== former && hashOf(before, row) === row.chain_hash) return faultAt('inserted', this.last);
    if (following.some((each) => hashOf(former, each) === each.chain_hash)) return faultAt('inserted', row);
    const moved = {
      kafka_partition: row['kafka_partition'],
      kafka_offset: row['kafka_offset'],
      kafka_index: row['kafka_index'],
    };
    if (following.some((each) => hashOf(former, { ...each, ...moved }) === each.chain_hash)) {
      return faultAt('reordered', row);
    }
    if (missing === undefined) return faultAt('changed_or_dropped', row);
    return faultAt(missing > 0 ? 'dropped' : missing < 0 ? 'inserted' : 'changed', row);
  }
}

const hashOf = (former: string, { chain_hash: _, ...row }: StoredRow) => chainHash(former, row);
/** A change also names the decision that it was made by, if any: that is not what it is called. */
const idOf = (row: StoredRow) => String(row['change_id'] ?? row['decision_id'] ?? '');
const faultAt = (kind: ChainFault['kind'], row: StoredRow): ChainFault => {
  return { kind, place: placeOf(row), id: idOf(row), day: dayOf(row) };
};
