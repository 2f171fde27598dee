import { describe, expect, it } from 'vitest';
import { placeText, readPlace, type Cursor } from './tail-place.js';

const place = new Map<string, Cursor>([
  ['gateway.decisions.v1/3', { offset: 1_042n, index: 7 }],
  ['audit.decisions.v1/0', { offset: 9_007_199_254_740_993n, index: -1 }],
]);

it('a place is read back as it was told, in one line', () => {
  expect(placeText(place)).toBe('gateway.decisions.v1/3@1042+8 audit.decisions.v1/0@9007199254740993+0');
  expect(readPlace(placeText(place))).toEqual(place);
});

describe('what nobody was told is no place', () => {
  it.each([
    ['nothing', ''],
    ['a decision id', '01a2245f-f217-7ede-aa47-8490a6a5e3e6'],
    ['a negative offset', 'gateway.decisions.v1/3@-1+0'],
    ['a number that no offset reaches', `gateway.decisions.v1/3@${'9'.repeat(19)}+0`],
    ['one partition twice', 'a/0@1+0 a/0@2+0'],
    ['SQL', `a'; DROP TABLE decisions; --/0@1+0`],
    ['half of one', 'a/0@1+0 b/0@'],
    ['megabytes', 'a/0@1+0 '.repeat(1_000)],
  ])('%s', (_, text) => expect(readPlace(text)).toBeUndefined());
});
