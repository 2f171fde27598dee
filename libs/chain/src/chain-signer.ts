import type { ChainSegment } from '#libs/contracts';
import { chainHash } from './chain-hash.js';
import type { StoredRow } from './chain-break.js';
import { dayOf, placeOf } from './place.js';

/** Where a chain is signed up to. */
export type ChainEnd = Pick<ChainSegment, 'last' | 'head'>;

/**
 * Puts the rows of one chain behind its last signed one into segments, one for each day. It signs nothing that does not
 * follow: at the first row that breaks the chain it stops, and `brokenAt` is that row.
 */
export class SegmentBuilder {
  readonly segments: ChainSegment[] = [];
  brokenAt: StoredRow | undefined;
  private head: string;

  constructor(
    private readonly chain: Pick<ChainSegment, 'table' | 'topic'>,
    end: ChainEnd | undefined,
  ) {
    this.head = end?.head ?? '';
  }

  take(row: StoredRow): void {
    if (this.brokenAt) return;
    const { chain_hash: stored, ...rest } = row;
    if (chainHash(this.head, rest) !== stored) {
      this.brokenAt = row;
      return;
    }
    const [place, day] = [placeOf(row), dayOf(row)];
    const present = this.segments.at(-1);
    if (present?.day === day) {
      this.segments[this.segments.length - 1] = { ...present, rows: present.rows + 1, last: place, head: stored };
    } else {
      const { table, topic } = this.chain;
      this.segments.push({ table, topic, day, rows: 1, first: place, last: place, former: this.head, head: stored });
    }
    this.head = stored;
  }
}
