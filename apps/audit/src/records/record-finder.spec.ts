import { v4, v7 } from 'uuid';
import { expect, it } from 'vitest';
import { timeOfUuid } from './record-finder.js';

it('reads when a version 7 id was made, and nothing from any other', () => {
  const msecs = Date.parse('2026-11-23T09:00:00.123Z');
  expect(timeOfUuid(v7({ msecs }))).toBe(msecs);
  expect(timeOfUuid(v4())).toBeUndefined();
});
