import { describe, expect, it } from 'vitest';
import type { StoredRow } from './chain-break.js';
import { chainOfRows, rechained } from './chain-of-rows.fixture.js';
import { SegmentBuilder } from './chain-signer.js';
import { ChainVerifier } from './chain-verifier.js';

const DAYS = { '2026-11-01': 4, '2026-11-02': 5, '2026-11-03': 3 };
const rows = chainOfRows(DAYS);
const chain = { table: 'decisions', topic: 'gateway.decisions.v1' } as const;
const signed = (upTo: number) => {
  const builder = new SegmentBuilder(chain, undefined);
  for (const row of rows.slice(0, upTo)) builder.take(row);
  return builder.segments;
};
const check = (found: readonly StoredRow[], upTo = rows.length, expiredBefore = '2000-01-01') => {
  const verifier = new ChainVerifier(signed(upTo), expiredBefore);
  for (const row of found) verifier.take(row);
  return verifier.report();
};
const row = (number: number) => rows[number - 1] as StoredRow;
const forged = { ...row(6), decision_id: 'forged', kafka_index: 7 };
const old = { ...forged, appended_at: '1999-01-01T09:00:00.000Z' };
const denied = (number: number) => ({ ...row(number), outcome: 'deny' });
const without = (...numbers: number[]) => rows.filter((_, index) => !numbers.includes(index + 1));

describe('a chain that nobody touched', () => {
  it('is sound, signed or not', () => {
    expect(check(rows)).toEqual({ rows: 12, signedRows: 12, expiredSegments: 0 });
    expect(check(rows, 7)).toEqual({ rows: 12, signedRows: 7, expiredSegments: 0 });
    expect(check(rows, 0)).toEqual({ rows: 12, signedRows: 0, expiredSegments: 0 });
  });
  it('is sound when its oldest days have expired, are half gone, or are still there', () => {
    expect(check(rows.slice(4), 12, '2026-11-02')).toEqual({ rows: 8, signedRows: 8, expiredSegments: 1 });
    expect(check(rows.slice(2), 12, '2026-11-02')).toMatchObject({ rows: 10, signedRows: 8 });
    expect(check(rows, 12, '2026-11-02')).toMatchObject({ rows: 12, signedRows: 8 });
  });
});

describe('the first row that somebody touched is named: one', () => {
  it.each([
    ['changed', [...rows.slice(0, 5), denied(6), ...rows.slice(6)], 'changed', 'd6'],
    ['changed twice', [...rows.slice(0, 5), denied(6), row(7), denied(8), ...rows.slice(8)], 'changed', 'd6'],
    ['changed at the beginning', [denied(1), ...rows.slice(1)], 'changed', 'd1'],
    ['changed at the end of a day', [...rows.slice(0, 8), denied(9), ...rows.slice(9)], 'changed', 'd9'],
    ['dropped', without(6), 'dropped', 'd7'],
    ['dropped with others', without(6, 7), 'dropped', 'd8'],
    ['dropped at the beginning', without(1), 'dropped', 'd2'],
    ['dropped at the end of a day', without(9), 'dropped', ''],
    ['dropped at the end', without(12), 'dropped', ''],
    ['inserted', [...rows.slice(0, 6), forged, ...rows.slice(6)], 'inserted', 'forged'],
    [
      'inserted with a hash that follows',
      [...rows.slice(0, 6), ...rechained([forged], row(6).chain_hash), ...rows.slice(6)],
      'inserted',
      'forged',
    ],
    ['inserted before the first', [{ ...forged, kafka_offset: 0 }, ...rows], 'inserted', 'forged'],
    ['there twice', [...rows.slice(0, 6), row(6), ...rows.slice(6)], 'inserted', 'd6'],
    ['inserted with a day of long ago', [...rows.slice(0, 6), old, ...rows.slice(6)], 'inserted', 'forged'],
    ['standing behind its successor', [...rows.slice(0, 6), row(8), row(7), ...rows.slice(8)], 'reordered', 'd7'],
    [
      'put in the place of another',
      [...rows.slice(0, 5), { ...row(7), kafka_offset: 6 }, { ...row(6), kafka_offset: 7 }, ...rows.slice(7)],
      'reordered',
      'd7',
    ],
  ])('%s', (_what, found, kind, id) => {
    expect(check(found).fault).toMatchObject({ kind, id });
  });

  it('of a whole day, where an earlier one is there or it is too young to have expired', () => {
    expect(check(without(5, 6, 7, 8, 9)).fault).toMatchObject({ kind: 'dropped', day: '2026-11-02' });
    expect(check(rows.slice(4)).fault).toMatchObject({ kind: 'dropped', day: '2026-11-01', place: { offset: 1 } });
    expect(check([]).fault).toMatchObject({ kind: 'dropped', day: '2026-11-01' });
  });
});

describe('whoever computes the hashes anew', () => {
  it('is found out by what was signed', () => {
    const changed = [...rows.slice(0, 5), ...rechained([denied(6), ...rows.slice(6)], row(5).chain_hash)];
    expect(check(changed).fault).toMatchObject({ kind: 'rewritten', day: '2026-11-02', place: { offset: 5 } });
    expect(check(rechained(without(6))).fault).toMatchObject({ kind: 'dropped' });
  });
  it('is not, of what no checkpoint vouches for yet', () => {
    const changed = [...rows.slice(0, 10), ...rechained([denied(11), row(12)], row(10).chain_hash)];
    expect(check(changed, 9).fault).toBeUndefined();
    expect(check([...rows.slice(0, 10), denied(11), row(12)], 9).fault).toMatchObject({ kind: 'changed_or_dropped' });
  });
});

it('signs nothing that does not follow', () => {
  const builder = new SegmentBuilder(chain, { last: { partition: 3, offset: 4, index: 0 }, head: row(4).chain_hash });
  for (const each of [row(5), denied(6), row(7)]) builder.take(each);
  expect(builder.segments).toMatchObject([{ rows: 1, head: row(5).chain_hash, former: row(4).chain_hash }]);
  expect(builder.brokenAt).toMatchObject({ decision_id: 'd6' });
});

it('a change is named by its own id, whether or not a request was decided for it', () => {
  const changes = rechained(
    rows.map((each, n) => ({ ...each, change_id: `identity-1-${n}`, decision_id: n % 2 ? 'd' : '' })),
  );
  for (const at of [4, 5]) {
    const verifier = new ChainVerifier([], '2000-01-01');
    for (const [n, each] of changes.entries()) verifier.take(n === at ? { ...each, outcome: 'deny' } : each);
    expect(verifier.report().fault).toMatchObject({ id: `identity-1-${at}` });
  }
});
