import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../refusals/refusal.js';
import { modelRoutes } from '../routes/route-table.js';
import type { ModelRoute } from '../routes/route.js';
import { readCallBody, type CallBody } from './call-body.js';
import { strictStringBytes } from './json-value.js';
import { RequestBody } from './request-body.js';
import { lacksUsage, rewriteBody } from './rewrite-body.js';

const routes = modelRoutes.filter(({ method, isForm }) => method === 'POST' && !isForm);

/** Every unit of UTF-16 as an escape: pairs, halves of pairs, and what needs none. */
const escaped = (text: string) =>
  `"${Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`;
const text = fc
  .tuple(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.boolean(),
    fc.constantFrom('', '\\', '"', 'x'.repeat(400), '\\u006dodel'),
  )
  .map(([content, isEscaped, more]) => (isEscaped ? escaped(content + more) : JSON.stringify(content + more)));
const nested = fc.integer({ min: 1, max: 300 }).map((depth) => '[{"model":'.repeat(depth) + '1' + '}]'.repeat(depth));
const value = fc.oneof(text, text, fc.json({ maxDepth: 3 }), nested);

/** Members as they stand in a body: some that its route cares for, in all spellings, and what else there is. */
const spelled = (name: string) =>
  fc.constantFrom(name, name, name, escaped(name).slice(1, -1), name.toUpperCase(), `${name}\\u0000`, ` ${name}`, 'x');
const pathText = fc.constantFrom(
  '"a/b"',
  '"c\\/d"',
  '"a/\\u0062"',
  '"route"',
  '"a/b "',
  'null',
  '7',
  '["a/b"]',
  '"a\\u0000/b"',
);
const member = (name: string, content: fc.Arbitrary<string>) => fc.tuple(spelled(name), content);
const known = fc.oneof(
  member('model', pathText),
  member('stream', fc.constantFrom('true', 'false', 'null', '1', '"true"')),
  member('stream_format', fc.constantFrom('"sse"', '"audio"', 'null')),
  member('messages', value),
  member('input', value),
  member('prompt', value),
  member('metadata', fc.constantFrom('{}', 'null', '{"a":"b"}', '{"a":1}')),
);
const other = fc.tuple(fc.constantFrom('x', 'temperature', '\\ud83d\\ude00', '\\ud800', 'é', '', '__proto__'), value);
type Member = readonly [key: string, value: string];
const space = fc.constantFrom('', ' ', '\n\t', '\r\n');

/** What a stock client could have written: one of each, plain. */
const sound = (needed: string): fc.Arbitrary<readonly Member[]> =>
  fc
    .tuple(fc.constantFrom('"a/b"', '"a\\/b"', '"c/\\u0064"'), fc.array(other, { maxLength: 3 }), fc.boolean())
    .map(([model, others, stream]) => [
      ...others,
      ['model', model],
      [needed, '"hi"'],
      ...(stream
        ? ([
            ['stream', 'true'],
            ['stream_format', '"sse"'],
          ] as const)
        : []),
    ]);
const wild = fc.array(fc.oneof(known, known, other), { maxLength: 8 });
const bodyOf = (members: readonly Member[], between: string) =>
  `${between}{${members.map(([key, content]) => `${between}"${key}"${between}:${content}`).join(`,${between}`)}}${between}`;

const read = (bytes: Buffer, route: ModelRoute): CallBody | undefined => {
  const call = readCallBody(bytes, route);
  return call instanceof Refusal ? undefined : call;
};
const parsed = (json: string): Record<string, unknown> | undefined => {
  try {
    return JSON.parse(json) as Record<string, unknown>;
  } catch {
    return undefined;
  }
};

/** What readers that take the first, the last, or any spelling of a name find under it. */
function namesIn(members: readonly Member[], name: string): unknown[] {
  const fold = (key: string) =>
    String(JSON.parse(`"${key}"`))
      .normalize('NFKC')
      .toLowerCase();
  return members.filter(([key]) => fold(key) === name).map(([, content]) => JSON.parse(content) as unknown);
}

describe.each(routes)('of a body for $path', (route) => {
  const [needed = 'input'] = route.requires;
  const [streamKey, isStream] = route.streamFormats ? (['stream_format', 'sse'] as const) : (['stream', true] as const);

  it('there is one reading of the model, whichever of two a reader takes, in whatever spelling', () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof(sound(needed), wild), space, (members, between) => {
        const bytes = Buffer.from(bodyOf(members, between));
        const call = read(bytes, route);
        if (!call) return;
        taken += 1;
        expect(namesIn(members, 'model')).toEqual([call.model]);
        expect(namesIn(members, streamKey).filter((given) => given === isStream)).toEqual(
          call.stream ? [isStream] : [],
        );
      }),
      { numRuns: 1_000 },
    );
    // Half of them are sound.
    expect(taken).toBeGreaterThan(100);
  }, 60_000);

  it('nothing is taken that JSON.parse refuses or reads differently, however it is broken', () => {
    const piece = fc.constantFrom(
      '',
      '"',
      '\\',
      '{',
      '}',
      ',',
      ':',
      '\uFEFF',
      '\u0000',
      '\ud800',
      '\\u00',
      ',"model":"c/d"',
      '[',
    );
    const mutation = fc.tuple(fc.nat(), piece, fc.nat(3));
    const mutations = fc.array(mutation, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.oneof(sound(needed), wild), mutations, (members, changes) => {
        const broken = changes.reduce(
          (json, [at, put, drop]) => {
            const place = at % (json.length + 1);
            return json.slice(0, place) + put + json.slice(place + drop);
          },
          bodyOf(members, ''),
        );
        const call = read(Buffer.from(broken), route);
        const meant = parsed(broken);
        // Beyond that, texts are not read byte by byte, and end for every reader where they end for the gateway.
        const isExact = broken.length < strictStringBytes;
        const isComparable = call !== undefined && (meant !== undefined || isExact);
        const understood = isComparable && [meant?.model, meant?.[streamKey] === isStream];
        expect(understood).toEqual(isComparable && [call.model, call.stream]);
      }),
      { numRuns: 2_000 },
    );
  }, 60_000);

  it('the upstream reads all that the caller wrote, but for the name of the model and the wish for usage', () => {
    fc.assert(
      fc.property(
        sound(needed),
        space,
        fc.constantFrom('m', 'a/b', 'ä"\\', 'x'.repeat(90)),
        (members, between, name) => {
          const json = bodyOf(members, between);
          const call = read(Buffer.from(json), route);
          if (!call) return;
          const asksUsage = lacksUsage(call);
          const sent = rewriteBody(RequestBody.of(Buffer.from(json)), call, name, asksUsage).toString();
          const usage = asksUsage ? { stream_options: { include_usage: true } } : {};
          expect(parsed(sent)).toEqual({ ...parsed(json), ...usage, model: name });
        },
      ),
      { numRuns: 500 },
    );
  }, 60_000);
});

it('a body with a byte order mark, or in another encoding, is none', () => {
  const json = '{"model":"a/b","input":"hi"}';
  const [route] = routes.filter(({ id }) => id === 'responses') as [ModelRoute];
  expect(read(Buffer.from(json), route)?.model).toBe('a/b');
  for (const encoding of ['utf16le', 'latin1'] as const) {
    for (const mark of ['\uFEFF', 'ÿþ', 'é']) expect(read(Buffer.from(mark + json, encoding), route)).toBeUndefined();
  }
  expect(read(Buffer.from(`\uFEFF${json}`), route)).toBeUndefined();
});
