import { expect, it } from 'vitest';
import { findPlace } from './find-place.js';

const files = [
  { name: 'a.yaml', text: 'kind: Role' },
  { name: 'b.yaml', text: 'spec:\n  subjects: ["user:x@acme.example"]' },
];

it('names file, line and column of a text', () => {
  expect(findPlace(files, 'user:x@acme.example')).toEqual({ file: 'b.yaml', line: 2, column: 15 });
});

it('names the beginning of the bundle for a text that stands nowhere as it is', () => {
  expect(findPlace(files, 'nowhere')).toEqual({ file: 'a.yaml', line: 1, column: 1 });
});
