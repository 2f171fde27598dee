import { expect, it } from 'vitest';
import { z } from 'zod';
import { defineEvent } from './event.js';

const Moved = defineEvent('test.thing.moved', z.object({ to: z.array(z.string()) }), [
  ({ to }: { to: string }) => ({ to: [to] }),
]);

it('lifts an event of a retired version to the current shape', () => {
  expect(Moved.read({ type: Moved.type, version: 1, data: { to: 'a' } })).toEqual(Moved.of({ to: ['a'] }));
});

it('reads an event of the current version as it is', () => {
  expect(Moved.read({ type: Moved.type, version: 2, data: { to: ['a', 'b'] } }).data.to).toEqual(['a', 'b']);
});

it('refuses a version that this code does not know', () => {
  expect(() => Moved.read({ type: Moved.type, version: 3, data: {} })).toThrow('v3 is unknown here');
});

it('refuses data that does not fit its version', () => {
  expect(() => Moved.read({ type: Moved.type, version: 2, data: { to: 7 } })).toThrow(/expected array/);
});
