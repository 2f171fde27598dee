import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { timeText } from './time-text.js';

it('says what a date says, whatever time it was asked before', () => {
  const time = fc.oneof(
    fc.integer({ min: 0, max: 4e12 }),
    fc.integer({ min: 1_795_000_000_000, max: 1_795_000_002_000 }),
  );
  fc.assert(
    fc.property(time, (atMs) => {
      expect(timeText(atMs)).toBe(new Date(atMs).toISOString());
    }),
  );
});
