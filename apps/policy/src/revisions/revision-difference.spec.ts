import { expect, it } from 'vitest';
import { differingIds, documentDifference, FIELDS_SHOWN_MAX } from './revision-difference.js';

const compared = (document: object, name = 'a') => {
  return { kind: 'Role', name, digest: JSON.stringify(document), document };
};

it('tells which documents two sets do not share', () => {
  const [one, two, three] = [compared({ x: 1 }, 'one'), compared({ x: 1 }, 'two'), compared({ x: 1 }, 'three')];
  expect(differingIds([one, two], [compared({ x: 2 }, 'two'), three])).toEqual(['Role/one', 'Role/three', 'Role/two']);
  expect(differingIds([one], [one])).toEqual([]);
});

it('tells each field that differs, by its pointer, with what it was and what it is', () => {
  const from = {
    metadata: { tags: { env: 'staging' } },
    spec: { list: [1, 2], gone: true, 'a/b~c': 1, same: { deep: 1 } },
  };
  const to = {
    metadata: { tags: { env: 'production' } },
    spec: { list: [2, 1], new: null, 'a/b~c': 2, same: { deep: 1 } },
  };
  expect(documentDifference(compared(from), compared(to))).toEqual({
    kind: 'Role',
    name: 'a',
    change: 'changed',
    fields: [
      { pointer: '/metadata/tags/env', from: 'staging', to: 'production' },
      { pointer: '/spec/a~1b~0c', from: 1, to: 2 },
      { pointer: '/spec/gone', from: true },
      { pointer: '/spec/list', from: [1, 2], to: [2, 1] },
      { pointer: '/spec/new', to: null },
    ],
  });
});

it('tells that a document came or went, and bounds what it tells of one', () => {
  expect(documentDifference(undefined, compared({}))).toMatchObject({ change: 'added', fields: [] });
  expect(documentDifference(compared({}), undefined)).toMatchObject({ change: 'deleted', fields: [] });
  const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`k${n}`, n]));
  expect(documentDifference(compared({}), compared(many)).fields).toHaveLength(FIELDS_SHOWN_MAX);
});
