import { expect, it } from 'vitest';
import { decodeCursor, encodeCursor, numberIn } from './cursor.js';

const written = (json: string) => Buffer.from(json).toString('base64url');

it('gives back what a row is ordered by', () => {
  const parts = ['acme', 'größer 😀', -1, 0, Number.MAX_SAFE_INTEGER, null];
  expect(decodeCursor(encodeCursor(parts), parts.length)).toEqual(parts);
});

it.each([
  ['no base64', '%%%'],
  ['no list', written('{"0":1}')],
  ['fewer parts', written('[1]')],
  ['more parts', written('[1,2,3]')],
  ['an object for a part', written('[1,{}]')],
  ['a NUL, which no column holds', written('[1,"\\u0000"]')],
  ['half of a surrogate pair', written('[1,"\\ud800"]')],
  ['a part of a number', written('[1,1.5]')],
  ['a number that no column holds', written('[1,1e30]')],
  ['a number that is none', written('[1,1e400]')],
  ['too much', written(`[1,"${'x'.repeat(600)}"]`)],
])('refuses a cursor that it did not give out: %s', (_, cursor) => {
  expect(() => decodeCursor(cursor, 2)).toThrow(expect.objectContaining({ status: 400, code: 'invalid_request' }));
});

it('reads the number of a list that is ordered by one, and nothing else for it', () => {
  expect(numberIn(encodeCursor([7]))).toBe(7);
  for (const parts of [['7'], [null], [7, 8]]) {
    expect(() => numberIn(encodeCursor(parts))).toThrow(expect.objectContaining({ status: 400 }));
  }
});
