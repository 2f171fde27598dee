import { describe, expect, it } from 'vitest';
import { firstBreak, type StoredRow } from './chain-break.js';
import { chainHash } from './chain-hash.js';

/** A chain of rows as the consumer makes it. */
function chained(texts: readonly string[]): StoredRow[] {
  let head = '';
  return texts.map((text, kafka_offset) => {
    const row = { text, kafka_offset };
    head = chainHash(head, row);
    return { ...row, chain_hash: head };
  });
}

describe('a chain of rows', () => {
  const rows = chained(['a', 'b', 'c', 'd']);
  const [a, b, c, d] = rows as [StoredRow, StoredRow, StoredRow, StoredRow];

  it('holds as it was made, and from any head on', () => {
    expect(firstBreak(rows)).toBeUndefined();
    expect(firstBreak([])).toBeUndefined();
    expect(firstBreak([c, d], b.chain_hash)).toBeUndefined();
  });

  it.each([
    ['changed', [a, { ...b, text: 'x' }, c, d], 1],
    ['given another hash', [a, { ...b, chain_hash: 'x' }, c, d], 1],
    ['dropped', [a, c, d], 1],
    ['inserted', [a, { ...a, text: 'new' }, b, c, d], 1],
    ['moved', [a, c, b, d], 1],
    ['dropped at the beginning', [b, c, d], 0],
    ['given a column more', [a, b, c, { ...d, more: '' }], 3],
  ])('breaks where a row was %s', (_how, broken, at) => {
    expect(firstBreak(broken)).toBe(broken[at]);
  });

  it('does not depend on the order of columns', () => {
    expect(chainHash('x', { a: 1, b: { c: '2', d: [3] } })).toBe(chainHash('x', { b: { d: [3], c: '2' }, a: 1 }));
  });
});
