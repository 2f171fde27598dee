import { describe, expect, it } from 'vitest';
import { rangeMetadata, rangeToken, readRangeMetadata } from './offset-range.js';

describe('a range in commit metadata', () => {
  it('comes back as it was written', () => {
    const range = { first: 9_007_199_254_740_993n, last: 9_007_199_254_740_999n };
    expect(readRangeMetadata(rangeMetadata(range))).toEqual(range);
  });

  it('is none where nothing is written', () => {
    expect([null, undefined, ''].map(readRangeMetadata)).toEqual([undefined, undefined, undefined]);
  });

  it.each(['1', '5-4', 'a-b', '1-2-3', '-1-2'])('%s is not taken for one', (metadata) => {
    expect(() => readRangeMetadata(metadata)).toThrow(RangeError);
  });

  it('has one token, whoever sends it', () => {
    expect(rangeToken({ topic: 'gateway.decisions.v1', partition: 3, first: 1n, last: 9n })).toBe(
      'gateway.decisions.v1/3/1-9',
    );
  });
});
