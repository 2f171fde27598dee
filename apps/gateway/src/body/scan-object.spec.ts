import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanObject, valueOf } from './scan-object.js';

const keys = new Set(['model', 'stream']);
const scan = (text: string) => scanObject(Buffer.from(text), keys);

describe('a body that two readers could read differently', () => {
  it.each([
    ['twice', '{"model":"a/b","model":"c/d"}'],
    ['twice with other keys between', '{"model":"a/b","messages":[{"model":"x"}],"model":"a/b"}'],
    ['escaped', '{"mod\\u0065l":"a/b"}'],
    ['once plain, once escaped', '{"model":"a/b","\\u006dodel":"c/d"}'],
    ['in another case', '{"model":"a/b","Model":"c/d"}'],
    ['in another case by Unicode folding', '{"model":"a/b","ſtream":true}'],
  ])('is ambiguous: a controlled key %s', (_, text) => expect(scan(text)).toBe('ambiguous'));

  it('is fine where the keys are none of ours, or are nested', () => {
    expect(scan('{"a":1,"a":2,"x":{"model":1,"model":2},"\\u0061":3,"model":"m"}')).toMatchObject({ open: 0 });
  });
});

it.each([
  '',
  ' ',
  '{',
  '{"model":"a/b"',
  '{"model":"a/b"}}',
  '{"model":"a/b"} x',
  '{"model" "a/b"}',
  '{,}',
  'x',
  '\uFEFF{}',
])('calls %s malformed', (text) => expect(scan(text)).toBe('malformed'));

it.each(['null', '[]', '"model"', '7', ' true '])('calls %s no object', (text) =>
  expect(scan(text)).toBe('not_an_object'),
);

it('calls bytes that are no UTF-8 malformed', () => {
  const bytes = Buffer.concat([Buffer.from('{"model":"a/b","x":"'), Buffer.from([0xff]), Buffer.from('"}')]);
  expect(scanObject(bytes, keys)).toBe('malformed');
  expect(scanObject(Buffer.from('{"model":"a/b"}', 'utf16le'), keys)).toBe('malformed');
});

/** Bodies as text, so that keys can come twice; values of every kind, with hostile keys among them. */
const key = fc.constantFrom(
  'model',
  'stream',
  'Model',
  'mod\\u0065l',
  'x',
  'messages',
  '',
  'mode',
  '\\"model',
  'modelé',
);
const space = fc.constantFrom('', ' ', '\n\t ', '\r');
const member = fc
  .tuple(space, key, space, fc.json({ maxDepth: 3 }))
  .map(([a, k, b, v]) => `${a}"${k}"${b}:${a}${v}${b}`);
const body = fc.array(member, { maxLength: 6 }).map((members) => `{${members.join(',')}}`);
const mutation = fc.tuple(
  fc.nat(),
  fc.constantFrom('', '"', '\\', '{', '}', ',', ':', '\u0000', 'é', '[', ' '),
  fc.nat(2),
);
const mutated = fc.tuple(body, fc.array(mutation, { maxLength: 3 })).map(([text, mutations]) =>
  mutations.reduce((t, [at, put, drop]) => {
    const place = at % (t.length + 1);
    return t.slice(0, place) + put + t.slice(place + drop);
  }, text),
);

/** What JSON.parse makes of a text, told in the scanner's words. */
function oracle(text: string): 'malformed' | 'not_an_object' | Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? { ...value } : 'not_an_object';
  } catch {
    return 'malformed';
  }
}

it('never disagrees with JSON.parse: what it takes has that one model, what it calls malformed is malformed', () => {
  fc.assert(
    fc.property(mutated, (text) => {
      const bytes = Buffer.from(text);
      const scanned = scanObject(bytes, keys);
      const expected = oracle(text);
      if (typeof expected === 'string') return scanned === expected;
      if (typeof scanned === 'string') return scanned === 'ambiguous';
      return [...keys].every((name) => {
        const span = scanned.fields.get(name);
        const value = span && valueOf(bytes, span);
        return JSON.stringify(value) === JSON.stringify(expected[name]);
      });
    }),
    { numRuns: 20_000 },
  );
}, 60_000);
