import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { nestingMax, skipValue, strictStringBytes } from './json-value.js';

const whole = (text: string) => skipValue(Buffer.from(text), 0) === Buffer.byteLength(text);

it('takes every value that JSON.parse takes', () => {
  fc.assert(fc.property(fc.json({ maxDepth: 8 }), (text) => whole(text)));
});

it.each([
  '1.',
  '01',
  '-',
  '1e',
  '.5',
  '+1',
  'tru',
  'nul',
  'NaN',
  '"a',
  '"\\x"',
  '"\\u12g4"',
  '"\n"',
  '[1,]',
  '{"a":1,}',
])('refuses %s as JSON.parse does', (text) => {
  expect(() => JSON.parse(text)).toThrow(SyntaxError);
  expect(whole(text)).toBe(false);
});

it.each(['{"a"}', '{"a":}', '{a:1}', '[1 2]', '[', '{', '[}', '{]', '"\\', '{"a":1', '[[1]'])('refuses %s', (text) => {
  expect(whole(text)).toBe(false);
});

it('finds the end of long strings, however many quotes and backslashes they hold', () => {
  const piece = fc.constantFrom('a'.repeat(strictStringBytes), '"', '\\', '\\"', '\\\\', 'é', '\n', 'b'.repeat(100));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) =>
      whole(JSON.stringify([pieces.join(''), pieces, 'end'])),
    ),
  );
});

it('refuses nesting beyond its bound instead of exhausting the stack', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  expect(whole(nested(nestingMax))).toBe(true);
  expect(whole(nested(nestingMax + 1))).toBe(false);
  expect(whole(nested(1_000_000))).toBe(false);
});
