import type { WrittenPartition } from '#libs/contracts';
import type { StoredRow } from './chain-break.js';

/** Holes that a report names; it counts all. */
export const HOLES_NAMED_MAX = 100;
/** Numbers that share a piece of memory, one bit each. */
const NUMBERS_PER_PIECE = 65_536;

/** Numbers that were stored once and are not there, both ends included. */
export type NumberHole = Pick<WrittenPartition, 'topic' | 'partition' | 'since'> & {
  readonly replica: string;
  readonly boot: string;
  readonly first: number;
  readonly last: number;
};
/** What was found of the numbers that writers gave to their records. */
export type NumbersReport = {
  /** How many numbers are vouched for and may not have expired. */
  readonly stated: number;
  readonly missing: number;
  /** The first ones, by partition and writer. */
  readonly holes: readonly NumberHole[];
};

type Span = Pick<WrittenPartition, 'topic' | 'partition' | 'since'> & WrittenPartition['writers'][number];
type Writer = { readonly spans: Span[]; readonly seen: Map<number, Uint8Array>; highest: number };

/**
 * Checks that every number that a writer is stated to have stored stands in the rows: numbers are dense for each replica,
 * boot and partition, over all tenants and both tables, so it takes the rows of all of them, in any order. Memory: one
 * bit for each number that is stated.
 */
export class NumberVerifier {
  private readonly writers = new Map<string, Writer>();

  /** @param expiredBefore Day (UTC) before which retention may have taken rows. */
  constructor(stated: readonly WrittenPartition[], expiredBefore: string) {
    for (const { topic, partition, since, writers } of stated) {
      if (since < expiredBefore) continue;
      for (const each of writers) {
        const span = { topic, partition, since, ...each };
        const writer: Writer = this.writers.get(keyOf(span)) ?? { spans: [], seen: new Map(), highest: 0 };
        writer.spans.push(span);
        writer.highest = Math.max(writer.highest, each.upTo);
        this.writers.set(keyOf(span), writer);
      }
    }
  }

  take(row: StoredRow): void {
    if (this.writers.size === 0) return;
    const [topic, partition] = [String(row['kafka_topic']), Number(row['kafka_partition'])];
    const writer = this.writers.get(
      keyOf({ topic, partition, replica: String(row['replica']), boot: String(row['boot']) }),
    );
    const number = Number(row['seq']);
    // What is not stated yet needs no memory, and no more does a number that somebody made up.
    if (!writer || !Number.isSafeInteger(number) || number < 1 || number > writer.highest) return;
    const [piece, bit] = [Math.floor(number / NUMBERS_PER_PIECE), number % NUMBERS_PER_PIECE];
    let bits = writer.seen.get(piece);
    if (!bits) writer.seen.set(piece, (bits = new Uint8Array(NUMBERS_PER_PIECE / 8)));
    bits[bit >> 3] = (bits[bit >> 3] ?? 0) | (1 << (bit & 7));
  }

  report(): NumbersReport {
    let [stated, missing] = [0, 0];
    const named: NumberHole[] = [];
    const ordered = [...this.writers].toSorted(([a], [b]) => (a < b ? -1 : 1));
    for (const [, { spans, seen }] of ordered) {
      for (const span of spans) {
        stated += span.upTo - span.after;
        for (const [first, last] of holesOf(span, seen)) {
          missing += last - first + 1;
          const { topic, partition, replica, boot, since } = span;
          if (named.length < HOLES_NAMED_MAX) named.push({ topic, partition, replica, boot, first, last, since });
        }
      }
    }
    return { stated, missing, holes: named };
  }
}

function* holesOf({ after, upTo }: Span, seen: Writer['seen']): Generator<readonly [first: number, last: number]> {
  let first: number | undefined;
  for (let number = after + 1; number <= upTo; number += 1) {
    const bit = number % NUMBERS_PER_PIECE;
    const bits = seen.get(Math.floor(number / NUMBERS_PER_PIECE));
    const isThere = ((bits?.[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
    if (isThere && first !== undefined) yield [first, number - 1];
    first = isThere ? undefined : (first ?? number);
  }
  if (first !== undefined) yield [first, upTo];
}

const keyOf = ({ topic, partition, replica, boot }: Pick<Span, 'topic' | 'partition' | 'replica' | 'boot'>) =>
  `${topic}\n${partition}\n${replica}\n${boot}`;
