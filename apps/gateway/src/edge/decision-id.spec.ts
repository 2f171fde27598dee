import { validate, version } from 'uuid';
import { expect, it } from 'vitest';
import { decisionIdAt } from './decision-id.js';

it('makes UUIDs of version 7 that begin with their time', () => {
  const atMs = Date.parse('2026-11-23T09:00:00.123Z');
  const id = decisionIdAt(atMs);
  expect(validate(id) && version(id)).toBe(7);
  expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(atMs);
});

it('makes no id twice, and uses every variant digit', () => {
  const ids = Array.from({ length: 20_000 }, () => decisionIdAt(1_700_000_000_000));
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(ids.map((id) => id.charAt(19)))).toEqual(new Set(['8', '9', 'a', 'b']));
});
