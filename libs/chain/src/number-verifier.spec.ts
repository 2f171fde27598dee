import type { WrittenPartition } from '#libs/contracts';
import { describe, expect, it } from 'vitest';
import { HOLES_NAMED_MAX, NumberVerifier } from './number-verifier.js';

const place = { topic: 'gateway.decisions.v1', partition: 3 };
const writer = { replica: 'gateway-1', boot: 'b1' };
const stated = (after: number, upTo: number, since = '2026-11-02', who = writer): WrittenPartition => {
  return { ...place, end: 1, since, writers: [{ ...who, after, upTo }] };
};
const row = (seq: number, who = writer, partition = place.partition) => {
  return { ...who, seq, kafka_topic: place.topic, kafka_partition: partition, chain_hash: '' };
};
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);
const check = (
  given: readonly WrittenPartition[],
  rows: readonly ReturnType<typeof row>[],
  expiredBefore = '2026-11-01',
) => {
  const verifier = new NumberVerifier(given, expiredBefore);
  for (const each of rows) verifier.take(each);
  return verifier.report();
};
const without = (...numbers: number[]) => range(1, 10).filter((number) => !numbers.includes(number));

describe('numbers that a checkpoint states', () => {
  it('are all there in any order, also far apart, and whatever came since', () => {
    const rows = [...range(1, 10), 70_000, 11].map((number) => row(number));
    expect(check([stated(0, 4), stated(4, 10), stated(69_999, 70_000)], rows.toReversed())).toEqual({
      stated: 11,
      missing: 0,
      holes: [],
    });
  });

  it.each([
    ['at the beginning', [1], [[1, 1]]],
    [
      'in the middle',
      [4, 5, 8],
      [
        [4, 5],
        [8, 8],
      ],
    ],
    ['at the end', [10], [[10, 10]]],
    ['everywhere', range(1, 10), [[1, 10]]],
  ])('are named that are missing %s', (_where, missing, holes) => {
    const found = check(
      [stated(0, 10)],
      without(...missing).map((number) => row(number)),
    );
    expect(found).toMatchObject({ stated: 10, missing: missing.length });
    expect(found.holes.map(({ first, last }) => [first, last])).toEqual(holes);
    expect(found.holes[0]).toMatchObject({ ...place, ...writer, since: '2026-11-02' });
  });

  it('are of one writer and partition: no other row stands in for one', () => {
    const others = [
      row(10, { replica: 'gateway-2', boot: 'b1' }),
      row(10, { ...writer, boot: 'b2' }),
      row(10, writer, 4),
    ];
    expect(check([stated(0, 10)], [...without(10).map((number) => row(number)), ...others])).toMatchObject({
      missing: 1,
    });
  });

  it('may be gone where their rows may have expired, and only there', () => {
    const given = [stated(0, 4, '2026-11-01'), stated(4, 10, '2026-11-02')];
    const kept = range(5, 10).map((number) => row(number));
    expect(check(given, kept, '2026-11-02')).toEqual({ stated: 6, missing: 0, holes: [] });
    expect(check(given, kept, '2026-11-01')).toMatchObject({ missing: 4 });
  });

  it('are counted beyond those that are named, and a number that somebody made up takes no memory', () => {
    const odd = range(1, 1_000).filter((number) => number % 2 === 1);
    const found = check([stated(0, 1_000)], [...odd.map((number) => row(number)), row(2 ** 52), row(-1), row(1.5)]);
    expect(found).toMatchObject({ missing: 500 });
    expect(found.holes).toHaveLength(HOLES_NAMED_MAX);
  });
});
