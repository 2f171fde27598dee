import { expect, it } from 'vitest';
import { firstOffset } from './first-offset.js';

const bounds = { topic: 't', partition: 0, start: 10n, end: 20n };

it.each([
  ['at the committed offset', 15n, 'beginning', 15n],
  ['at the end, where nothing is left to read', 20n, 'beginning', 20n],
  ['at the beginning when retention took the committed offset, even if asked for the end', 5n, 'end', 10n],
  ['at the beginning of a log that never had the committed offset', 21n, 'end', 10n],
  ['at the beginning without a commit', null, 'beginning', 10n],
  ['at the end without a commit, if asked for', null, 'end', 20n],
] as const)('begins %s', (_, committed, from, expected) => {
  expect(firstOffset(bounds, committed === null ? null : { offset: committed, metadata: null }, from)).toBe(expected);
});
