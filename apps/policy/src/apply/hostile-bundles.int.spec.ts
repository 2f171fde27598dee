import { BUNDLE_CHARACTERS_MAX } from '#libs/policy-language';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Policy, role } from '../policy.fixture.js';

/** Far above what any of them takes on a busy machine; a parser that runs away takes minutes, or all of the memory. */
const QUICK_MS = 30_000;

const policy = new Policy();
beforeAll(() => policy.open());
afterAll(() => policy.close());

const laughs = ['a: &a0 [x, x, x, x, x, x, x, x, x]'];
for (let i = 1; i < 30; i += 1)
  laughs.push(`b${i}: &a${i} [${Array.from({ length: 9 }, () => `*a${i - 1}`).join(', ')}]`);

const hostile: [string, string, string?][] = [
  ['nothing', ''],
  ['white space', '  \n\n  '],
  ['comments alone', '# nothing\n---\n# more'],
  ['empty documents', '---\n---\n---'],
  ['what is no YAML', '{[}'],
  ['a tab where none may be', 'a:\n\t- b'],
  ['a scalar', '42'],
  ['null', 'null'],
  ['aliases of aliases', laughs.join('\n')],
  ['a document that contains itself', 'a: &a\n  b: *a'],
  ['merge keys', 'x: &x {kind: Role}\ny:\n  <<: *x'],
  ['a nest of a hundred thousand', '['.repeat(100_000)],
  ['a nest of mappings', '{a: '.repeat(50_000)],
  ['a hundred thousand documents', 'a: 1\n---\n'.repeat(100_000)],
  ['a key twice', 'kind: Role\nkind: Model'],
  ['a prototype', `${role('a').slice(0, -1)}, "__proto__": {"operator": true}}`],
  ['a tag that would run something', '!!js/function "function () { return 1 }"'],
  ['one very long line', `a: ${'x'.repeat(1_000_000)}`],
  ['nulls in the text', 'kind: "\u0000"'],
  ['an escaped NUL in a text', role('a', 'acme', 'it \0 ends')],
  ['half of a surrogate pair in a text', role('a', 'acme', 'it \ud800 ends')],
  ['one very long name', role('n'.repeat(100_000))],
];

it.each(hostile)('refuses %s quickly, and changes nothing', async (_what, text) => {
  for (const query of ['', '?prune=true']) {
    const startedMs = performance.now();
    const { status } = await policy.apply('ada', text, query);
    expect(performance.now() - startedMs).toBeLessThan(QUICK_MS);
    expect([400, 413, 422]).toContain(status);
  }
  expect((await policy.ask('ada', 'GET /v1/revisions')).body.data).toHaveLength(1);
});

it.each([
  ['null', 'null'],
  ['a number', '42'],
  ['an empty list', '[]'],
  ['an empty object', '{}'],
  ['a list of what is no document', '[1, null, "x"]'],
  ['no JSON', '{'],
  ['nothing', ''],
  ['a kind that stands twice', role('a').replace('{', '{"kind": "Boundary", ')],
  ['a number that is none', role('a').replace('{', '{"weight": 1e400, ')],
  ['a nest', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
  ['empty files', JSON.stringify({ files: [{ name: 'a', text: '' }] })],
])('refuses JSON that is %s, and changes nothing', async (_what, text) => {
  for (const query of ['', '?prune=true']) {
    const { status } = await policy.ask('ada', `POST /v1/apply${query}`, text, { 'content-type': 'application/json' });
    expect([400, 413, 422]).toContain(status);
  }
  expect((await policy.ask('ada', 'GET /v1/revisions')).body.data).toHaveLength(1);
});

it('refuses a bundle above its bound without reading it', async () => {
  const { status } = await policy.apply('ada', `# ${'x'.repeat(BUNDLE_CHARACTERS_MAX)}`);
  expect(status).toBe(413);
});
