import { expect, it } from 'vitest';
import { sequenceAfter } from './sequences.js';

it('counts on', () => {
  expect(sequenceAfter(0, 5)).toBe(5);
  expect(sequenceAfter(0x7fff_fffe, 1)).toBe(0x7fff_ffff);
});

it('goes from the highest number on to 0, as brokers do', () => {
  expect(sequenceAfter(0x7fff_ffff, 1)).toBe(0);
  expect(sequenceAfter(0x7fff_fffe, 5)).toBe(3);
});
