import { expect, it } from 'vitest';
import { trimmedDecimal } from './decision-row.js';

it.each([
  ['2.500', '2.5'],
  ['0.0', '0'],
  ['007', '7'],
  ['10', '10'],
  ['0.000000000001', '0.000000000001'],
])('brings the decimal %s to the form that a column prints: %s', (text, trimmed) => {
  expect(trimmedDecimal(text)).toBe(trimmed);
});
