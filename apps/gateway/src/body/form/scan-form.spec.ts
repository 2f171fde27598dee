import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundary, field, file, formOf, type Part } from './form.fixture.js';
import { scanForm } from './scan-form.js';

const single = new Set(['model', 'stream', 'prompt']);
const scan = (body: string | Buffer, by = boundary) => scanForm(Buffer.from(body), by, single, ['image', 'image[]']);
const model = field('model', 'a/b');
const disposition = 'Content-Disposition: form-data; ';
const withModel = (...parts: readonly Part[]) => formOf([model, ...parts]);
const text = (body: Buffer) => body.toString('latin1');

it('finds fields where they stand, and counts what is no file', () => {
  const body = withModel(
    file('image', Buffer.from([0, 13, 10, 45, 45, 255])),
    field('prompt', 'ä cat'),
    field('x', ''),
  );
  const scanned = scanForm(body, boundary, single, ['image', 'image[]']);
  if (typeof scanned === 'string') throw new TypeError(scanned);
  const found = [...scanned.fields].map(([name, { start, end }]) => [name, body.toString('latin1', start, end)]);
  const picture = '\u0000\r\n--\u00ff';
  expect(found).toEqual([
    ['model', 'a/b'],
    ['image', picture],
    ['prompt', Buffer.from('ä cat').toString('latin1')],
  ]);
  expect(scanned.textBytes).toBe(3 + 6);
});

describe('what readers would understand differently is ambiguous:', () => {
  const cases: readonly (readonly [string, Part])[] = [
    ['a field twice', field('model', 'c/d')],
    ['a field twice with one value', model],
    ['a field in another case', field('Model', 'c/d')],
    ['a field as a list', field('model[]', 'c/d')],
    ['a field as a list with a place', field('model[0]', 'c/d')],
    ['a field in brackets', field('[model]', 'c/d')],
    ['a field of a field', field('model.name', 'c/d')],
    ['a field as a file', file('stream', 'true')],
    ['a field as a file without a name', file('prompt', 'x', '')],
    [
      'a field with a file’s type',
      { header: `${disposition}name="stream"\r\nContent-Type: image/png`, content: 'true' },
    ],
    [
      'a field in another encoding',
      { header: `${disposition}name="stream"\r\nContent-Type: text/plain; charset=utf-16`, content: 'true' },
    ],
    ['an encoding for all that follow', field('_charset_', 'utf-7')],
  ];
  it.each(cases)('%s', (_, part) => {
    expect(scan(withModel(part))).toBe('ambiguous');
    expect(scan(formOf([part, model]))).toBe('ambiguous');
  });
});

describe('what only some readers put up with is malformed:', () => {
  const headers: readonly (readonly [string, string])[] = [
    ['a name in an extended parameter', `${disposition}name*=utf-8''model`],
    ['two names', `${disposition}name="x"; name="model"`],
    ['two dispositions', `${disposition}name="x"\r\n${disposition}name="model"`],
    ['a name with an escape', `${disposition}name="mod\\el"`],
    ['a name that is percent-encoded', `${disposition}name="mod%65l"`],
    ['a name with a space', `${disposition}name="model "`],
    ['no name', `${disposition}filename="x"`],
    ['an empty name', `${disposition}name=""`],
    ['another disposition', 'Content-Disposition: attachment; name="model"'],
    ['a type glued to a name', 'Content-Disposition: form-dataname="model"'],
    ['a further name inside of a file’s', `${disposition}name="x"; filename="a; name=model"`],
    ['a further name behind an escaped quote', `${disposition}name="x"; filename="a\\"; name=\\"model\\""`],
    ['quotes that do not end', `${disposition}name="model`],
    ['a folded line', `${disposition}\r\n name="model"`],
    ['a space before the colon', `Content-Disposition : form-data; name="model"`],
    ['an encoding to undo', `${disposition}name="model"\r\nContent-Transfer-Encoding: base64`],
    ['a length that is another', `${disposition}name="model"\r\nContent-Length: 2`],
    ['an unknown header', `${disposition}name="model"\r\nX-Name: model`],
    ['a further name in its type', `${disposition}name="x"\r\nContent-Type: text/plain; name="model"`],
    ['what is no type', `${disposition}name="x"\r\nContent-Type:name="model" image/png`],
    ['a bare line feed', `X: y\n${disposition}name="model"`],
    ['no header', ''],
    ['a header beyond the bound', `${disposition}name="x"; filename="${'a'.repeat(5_000)}"`],
    ['the boundary in a header', `${disposition}name="x"; filename="--${boundary}"`],
  ];
  it.each(headers)('a part with %s', (_, header) => {
    expect(scan(formOf([model, { header, content: 'c/d' }]))).toBe('malformed');
  });

  const whole = text(withModel(file('image')));
  const bodies: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['another boundary', whole.replaceAll(boundary, 'x')],
    ['something before the first part', `preamble\r\n${whole}`],
    ['an empty line before the first part', `\r\n${whole}`],
    ['something behind the last part', `${whole}${text(withModel())}`],
    ['no end', whole.slice(0, -4)],
    ['half of an end', whole.slice(0, -3)],
    ['lines that end with a line feed', whole.replaceAll('\r\n', '\n')],
    ['spaces behind a boundary', whole.replace(`${boundary}\r\n`, `${boundary} \r\n`)],
    ['a longer boundary', whole.replace(`${boundary}\r\n`, `${boundary}x\r\n`)],
    ['the boundary behind a bare line feed', whole.replace('bytes', `\n--${boundary}\nbytes`)],
    ['the boundary inside of a line', whole.replace('bytes', `x--${boundary}\r\nbytes`)],
    ['the boundary without its dashes', whole.replace('bytes', `x${boundary}`)],
    ['the boundary with a further dash', whole.replace(/--(?=the-boundary--)/u, '---')],
    ['a part that is its boundary alone', whole.replace('bytes', `\r\n--${boundary}\r\n`)],
    ['too many parts', text(formOf(Array.from({ length: 300 }, () => field('x', ''))))],
  ];
  it.each(bodies)('a body with %s', (_, body) => expect(scan(Buffer.from(body, 'latin1'))).toBe('malformed'));
});

it('takes what clients other than those of the tests write', () => {
  const header = `content-disposition: form-data;name=model\r\ncontent-type: text/plain; charset=UTF-8`;
  const java = `${header}\r\ncontent-transfer-encoding: 8bit\r\ncontent-length: 3`;
  expect(scan(formOf([{ header: java, content: 'a/b' }]))).toMatchObject({ textBytes: 3 });
  const named = `${disposition}name="image"; filename="x.png"; filename*=UTF-8''%C3%A4.png`;
  expect(scan(withModel({ header: named, content: 'x' }))).toMatchObject({ textBytes: 3 });
});

/** Forms as clients build them, and what a naive reader and Node's own parser make of the same bytes. */
const name = fc.constantFrom('model', 'Model', 'model[]', 'x', 'image', 'prompt', 'image[]', 'mod', 'stream');
const content = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('a/b', 'c/d', '', '\r\n', '--', `--${boundary}`, `\r\n--${boundary}x`, '\r\n\r\n', 'true'),
);
const part = fc.oneof(
  fc.tuple(name, content).map(([named, value]) => field(named, value)),
  fc.tuple(name, content).map(([named, value]) => file(named, value)),
);
const form = fc.array(part, { maxLength: 5 }).map((parts) => text(formOf(parts)));
const other = fc
  .tuple(fc.constantFrom('x', 'image', 'image[]', 'mod'), fc.boolean(), fc.string({ unit: 'binary' }))
  .map(([named, isFile, value]) => (isFile ? file(named, value) : field(named, value)));
const sound = fc
  .tuple(fc.array(other, { maxLength: 3 }), fc.constantFrom('a/b', 'c/d', 'x'), fc.array(other, { maxLength: 3 }))
  .map(([before, value, after]) => text(formOf([...before, field('model', value), ...after])));
const piece = fc.constantFrom(
  '',
  '\r',
  '\n',
  '\r\n',
  '-',
  '"',
  ';',
  '\\',
  ' ',
  'name="model"',
  `--${boundary}`,
  boundary,
);
const mutation = fc.tuple(fc.nat(), piece, fc.nat(3));
const mutated = fc.tuple(fc.oneof(form, sound), fc.array(mutation, { maxLength: 3 })).map(([body, mutations]) =>
  mutations.reduce((changed, [at, put, drop]) => {
    const place = at % (changed.length + 1);
    return changed.slice(0, place) + put + changed.slice(place + drop);
  }, body),
);

/** The models that a reader finds who splits at the boundary, and puts up with whatever is there. */
function naiveModels(body: string): string[] {
  return body.split(`--${boundary}`).flatMap((raw) => {
    const [header = '', ...rest] = raw.split(/\r?\n\r?\n/u);
    const isModel = /name="?model(?:\[\d*\])?"?/iu.test(header);
    return isModel ? [rest.join('\r\n\r\n').replace(/\r?\n$/u, '')] : [];
  });
}

/** What would be called: what is no name is refused later. */
const modelOf = (bytes: Buffer): string | undefined => {
  const scanned = scanForm(bytes, boundary, single, []);
  if (typeof scanned === 'string') return undefined;
  const { start = 0, end = 0 } = scanned.fields.get('model') ?? {};
  const found = bytes.toString('latin1', start, end);
  return /^[a-z][a-z/-]*$/u.test(found) ? found : undefined;
};

/** Node's own parser, which is undici's. */
const nodesForm = (bytes: Buffer) =>
  new Response(new Uint8Array(bytes), { headers: { 'content-type': `multipart/form-data; boundary=${boundary}` } })
    .formData()
    .catch(() => undefined);

it('never disagrees with a naive reader about the model: what it takes has that one model', () => {
  fc.assert(
    fc.property(mutated, (body) => {
      const found = modelOf(Buffer.from(body, 'latin1'));
      expect(found === undefined ? [] : naiveModels(body)).toEqual(found === undefined ? [] : [found]);
    }),
    { numRuns: 20_000 },
  );
}, 60_000);

it('never disagrees with Node’s own parser: what it takes is a form there, with that one model', async () => {
  let taken = 0;
  const property = fc.asyncProperty(fc.oneof(form, sound, mutated), async (body) => {
    const bytes = Buffer.from(body, 'latin1');
    const found = modelOf(bytes);
    if (found === undefined) return;
    taken += 1;
    const models = (await nodesForm(bytes))?.getAll('model') ?? [];
    expect(models).toEqual([found]);
  });
  await fc.assert(property, { numRuns: 4_000 });
  // The property says nothing of bodies that are refused: enough of them are not.
  expect(taken).toBeGreaterThan(100);
}, 60_000);

it('takes every form that Node writes, and finds what was put there', async () => {
  const property = fc.asyncProperty(fc.string(), fc.uint8Array({ maxLength: 200 }), async (prompt, bytes) => {
    const written = new FormData();
    written.append('image', new File([new Uint8Array(bytes)], 'a.png', { type: 'image/png' }));
    written.append('model', 'a/b');
    written.append('prompt', prompt);
    const request = new Response(written);
    const by = /boundary=(.+)$/u.exec(request.headers.get('content-type') ?? '')?.[1] ?? '';
    const body = Buffer.from(await request.arrayBuffer());
    const scanned = scanForm(body, by, single, ['image']);
    if (typeof scanned === 'string') throw new TypeError(scanned);
    const contentOf = (named: string) => {
      const { start, end } = scanned.fields.get(named) ?? { start: 0, end: 0 };
      return body.subarray(start, end);
    };
    expect(contentOf('model').toString()).toBe('a/b');
    expect(contentOf('image')).toEqual(Buffer.from(bytes));
    expect(contentOf('prompt').toString()).toBe(prompt.replaceAll(/\r\n|\r|\n/gu, '\r\n'));
  });
  await fc.assert(property, { numRuns: 300 });
}, 60_000);
