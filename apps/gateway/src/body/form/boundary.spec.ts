import { expect, it } from 'vitest';
import { boundaryOf, formType } from './boundary.js';

it.each([
  ['multipart/form-data; boundary=abc', 'abc'],
  ['Multipart/Form-Data;BOUNDARY="a b'.replace(' ', ':') + '"', 'a:b'],
  ['multipart/form-data; charset=utf-8; boundary=----WebKitFormBoundaryX1', '----WebKitFormBoundaryX1'],
])('reads the boundary of %s', (type, boundary) => expect(boundaryOf(type)).toBe(boundary));

it.each([
  undefined,
  '',
  'application/json',
  'multipart/form-data',
  'multipart/form-data;',
  'multipart/form-data; boundary=',
  'multipart/form-data; boundary=""',
  'multipart/mixed; boundary=abc',
  'multipart/form-data-x; boundary=abc',
  // Two readers, two boundaries.
  'multipart/form-data; boundary=abc; boundary=def',
  'multipart/form-data; boundary=abc; Boundary=abc',
  "multipart/form-data; boundary*=utf-8''abc",
  'multipart/form-data; boundary=abc, multipart/form-data; boundary=def',
  'multipart/form-data; boundary="a\\"b"',
  'multipart/form-data; boundary="abc',
  'multipart/form-data; boundary=" abc"',
  'multipart/form-data; boundary=abc def',
  'multipart/form-data; boundary=\u00e4',
  `multipart/form-data; boundary=${'a'.repeat(71)}`,
  // Two readers, two texts.
  'multipart/form-data; boundary=abc; charset=utf-16',
  'multipart/form-data; boundary=abc; x=y',
])('finds none in %s', (type) => expect(boundaryOf(type)).toBeUndefined());

it('tells an upstream of it in one spelling, which is read as the same', () => {
  expect(formType('abc-1')).toBe('multipart/form-data; boundary=abc-1');
  for (const boundary of ["a'b", 'a:b', 'a=b/c?(d)', 'x,y']) expect(boundaryOf(formType(boundary))).toBe(boundary);
});
