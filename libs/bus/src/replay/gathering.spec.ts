import { expect, it } from 'vitest';
import { Gathering } from './gathering.js';

it('waits for nothing after what comes alone, or now and then', () => {
  const gathering = new Gathering(20);
  expect([0, 1_000, 1_041, 1_082].map((ms) => gathering.pauseMs(ms, true))).toEqual([0, 0, 0, 0]);
});

it('gathers what keeps coming, and stops with it', () => {
  const gathering = new Gathering(20);
  expect([0, 10, 31, 52, 200].map((ms) => gathering.pauseMs(ms, true))).toEqual([0, 20, 20, 20, 0]);
});

it('holds up nobody who is behind, and nobody who wants no pauses', () => {
  const behind = new Gathering(20);
  expect([0, 1, 2].map((ms) => behind.pauseMs(ms, false))).toEqual([0, 0, 0]);
  const never = new Gathering(0);
  expect([0, 0, 1, 2].map((ms) => never.pauseMs(ms, true))).toEqual([0, 0, 0, 0]);
});
