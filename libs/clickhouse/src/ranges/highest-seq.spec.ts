import { describe, expect, it } from 'vitest';
import { keepNew } from './highest-seq.js';

const at = (replica: string, seq: number) => ({ item: { replica, boot: 'b', seq } });

describe('sequence numbers of a range', () => {
  it('at or below the highest stored are dropped, per replica and boot', () => {
    const { kept } = keepNew([at('r', 1), at('r', 2), at('r', 3), at('s', 1)], new Map([['r\nb', 2]]));
    expect(kept).toEqual([at('r', 3), at('s', 1)]);
  });

  it('that come twice within the range are kept once', () => {
    const { kept, highest } = keepNew([at('r', 1), at('r', 2), at('r', 1), at('r', 2), at('r', 3)], new Map());
    expect(kept.map(({ item }) => item.seq)).toEqual([1, 2, 3]);
    expect(highest).toEqual(new Map([['r\nb', 3]]));
  });

  it('that come late are kept below the highest, but for those that are stored or come twice', () => {
    const late = (seq: number) => ({ ...at('r', seq), isLate: true });
    const stored = late(2);
    const { kept, highest } = keepNew(
      [late(4), stored, late(4), at('r', 5), late(9), at('r', 9)],
      new Map([['r\nb', 7]]),
      new Set([stored]),
    );
    expect(kept.map(({ item }) => item.seq)).toEqual([4, 9]);
    expect(highest).toEqual(new Map([['r\nb', 9]]));
  });
});
