import type { DecisionRecord } from '#libs/contracts';
import { array, assert, constantFrom, integer, property, shuffledSubarray, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOLES_MAX, notBooked, writerKey, type Books } from './booked-once.js';
import { GatewayTwin } from './decisions.fixture.js';

const twin = new GatewayTwin();
const writer = { replica: 'gateway-1', boot: twin.boot };
const numbered = (...numbers: number[]): DecisionRecord[] => numbers.map((seq) => twin.completed({ seq }));
const seqs = (records: readonly { seq: number }[]) => records.map(({ seq }) => seq);

/** What is booked of several deliveries, one after the other. */
function booked(...deliveries: (readonly DecisionRecord[])[]) {
  let books: Books = new Map();
  const calls = deliveries.flatMap((delivery) => {
    const fresh = notBooked(delivery, books);
    books = fresh.books;
    return fresh.calls;
  });
  return { calls, books };
}

describe('a record counts once', () => {
  it('however often and from whatever place a spool sends again', () => {
    const places = array(tuple(integer({ min: 0, max: 30 }), integer({ min: 1, max: 30 })), { maxLength: 8 });
    assert(
      property(places, (again) => {
        const all = Array.from({ length: 30 }, (_, index) => index + 1);
        const deliveries = again.map(([from, count]) => numbered(...all.slice(from, from + count)));
        // A spool never goes on behind what has not been sent: the whole comes first.
        const { calls } = booked(numbered(...all), ...deliveries, numbered(...all));
        expect(seqs(calls)).toEqual(all);
      }),
    );
  });

  it('in a batch that holds it twice', () => {
    expect(seqs(booked(numbered(1, 2, 2, 1, 3)).calls)).toEqual([1, 2, 3]);
  });

  it('for each spool file of each process', () => {
    const others = [
      twin.completed({ seq: 1, boot: 'other' }),
      twin.completed({ seq: 1, replica: 'gateway-2' }),
      twin.completed({ seq: 1, boot: 'gateway-2' }),
    ];
    expect(booked(numbered(1), others, others).calls).toHaveLength(4);
  });
});

describe('a record that could not be read', () => {
  it('counts, once, when it is sent again after what was behind it', () => {
    const lost = shuffledSubarray([2, 3, 5, 8, 9, 10]);
    assert(
      property(lost, constantFrom(1, 2, 3), (missing, times) => {
        const read = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].filter((seq) => !missing.includes(seq));
        const again = Array.from({ length: times }, () => numbered(...missing));
        const { calls, books } = booked(numbered(...read), ...again, numbered(...read));
        expect(seqs(calls).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        expect(books.get(writerKey(writer))).toEqual({ seq: 11, holes: [] });
      }),
    );
  });

  it('is remembered, but not without a bound', () => {
    const odd = Array.from({ length: HOLES_MAX + 10 }, (_, index) => index * 2 + 2);
    const { books } = booked(numbered(...odd));
    const held = books.get(writerKey(writer));
    expect(held?.holes).toHaveLength(HOLES_MAX);
    expect(held?.holes.at(-1)).toEqual([odd.length * 2 - 1, odd.length * 2 - 1]);
  });
});
