import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { WAITING, waitingFirst } from './waiting-first.js';

const checkout = resolve(import.meta.dirname, '../..');
const [first, second] = WAITING.map((path) => `/checkout/${path}`);
const itself = (path: string) => path;

it('spreads specs that wait over the beginning, and leaves the order of the others', () => {
  const others = ['/a', '/b', '/c', '/d', '/e'];
  const sorted = waitingFirst([...others, String(second), String(first)], itself);
  expect(sorted).toEqual([first, '/a', '/b', second, '/c', '/d', '/e']);
});

it('loses no file, whichever are there', () => {
  expect(waitingFirst(['/a'], itself)).toEqual(['/a']);
  expect(waitingFirst([String(second), '/a', String(first)], itself)).toEqual([first, '/a', second]);
  expect(waitingFirst([], itself)).toEqual([]);
});

it('names files that are there', () => {
  expect(WAITING.filter((path) => !existsSync(join(checkout, path)))).toEqual([]);
});
