import { describe, expect, it } from 'vitest';
import { BUNDLE_CHARACTERS_MAX, NESTING_MAX } from './bounded-yaml.js';
import { checkBundle } from './check-bundle.js';
import { parseBundle } from './parse-bundle.js';

const nothing = { tenantDocuments: [], platformDocuments: [] };
const check = (text: string, name = 'a.yaml') => checkBundle([{ name, text }], nothing);
/** `rule at line:column`, as short as a table needs it. */
const places = (text: string) => check(text).errors.map(({ rule, line, column }) => `${rule} at ${line}:${column}`);

const account = `apiVersion: gatehouse/v1
kind: ProviderAccount
metadata: {name: local, tenant: acme}
spec: {provider: openai, baseUrl: "http://127.0.0.1:8090/v1"}
`;
const role = (statement: string) => `apiVersion: gatehouse/v1
kind: Role
metadata: {name: r, tenant: acme}
spec:
  statements:
    - ${statement}
`;

describe('what a bundle may be', () => {
  it('takes several documents of several files', () => {
    const files = ['a', 'b'].map((name) => ({
      name,
      text: `${account.replace('local', name)}---\n${role(`{id: s, effect: allow, actions: [model:list], resources: ["model:*/*"]}`).replace('name: r', `name: r-${name}`)}`,
    }));
    expect(checkBundle(files, nothing).errors).toEqual([]);
    expect(checkBundle(files, nothing).documents.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([
      'ProviderAccount/a',
      'Role/r-a',
      'ProviderAccount/b',
      'Role/r-b',
    ]);
  });

  it('takes JSON of the same shape, one document or a list of them, with tabs', () => {
    const document = {
      apiVersion: 'gatehouse/v1',
      kind: 'ProviderAccount',
      metadata: { name: 'local', tenant: 'acme' },
      spec: { provider: 'openai', baseUrl: 'http://127.0.0.1/v1' },
    };
    expect(check(JSON.stringify(document)).documents).toEqual([document]);
    expect(check(JSON.stringify([document], null, '\t')).documents).toEqual([document]);
  });

  it('reads what editors of other systems write: a byte order mark and CRLF move no place', () => {
    const wrong = `apiVersion: gatehouse/v2\n# a comment\n${account.slice(account.indexOf('kind'))}`;
    expect(places(wrong)).toEqual(['schema at 1:13']);
    expect(places(`\uFEFF${wrong.replaceAll('\n', '\r\n')}`)).toEqual(['schema at 1:13']);
    expect(check(`\uFEFF${account}`).documents).toEqual(check(account).documents);
  });

  it('gives documents as they were written: nothing is added', () => {
    expect(check(account).documents[0]?.spec).toEqual({ provider: 'openai', baseUrl: 'http://127.0.0.1:8090/v1' });
  });

  it('refuses a bundle without documents', () => expect(places('# nothing\n---\n')).toEqual(['empty-bundle at 1:1']));

  it('is of one tenant', () => {
    const other = account.replace('tenant: acme', 'tenant: globex').replace('local', 'far');
    expect(places(`${account}---\n${other}`)).toEqual(['several-tenants at 8:31']);
    expect(parseBundle([{ name: 'a', text: account }]).tenant).toBe('acme');
  });

  it('names each document once', () =>
    expect(places(`${account}---\n${account}`)).toEqual(['duplicate-document at 8:18']));
});

describe('where a mistake is', () => {
  it('tells all mistakes of all files at once, in their order', () => {
    const files = [
      { name: 'one.yaml', text: role('{id: s, effect: allow, actions: [model:invok], resources: ["modle:*/*"]}') },
      {
        name: 'two.yaml',
        text: role('{effect: alow, actions: [], resource: ["model:*/*"]}').replace('name: r', 'name: q'),
      },
    ];
    const { errors } = checkBundle(files, nothing);
    expect(
      errors.map(({ file, line, column, pointer, rule }) => `${file}:${line}:${column} ${pointer} ${rule}`),
    ).toEqual([
      'one.yaml:6:40 /spec/statements/0/actions/0 unknown-action',
      'one.yaml:6:66 /spec/statements/0/resources/0 unknown-resource-type',
      'two.yaml:6:7 /spec/statements/0/id missing-id',
      'two.yaml:6:16 /spec/statements/0/effect schema',
      'two.yaml:6:31 /spec/statements/0/actions schema',
      'two.yaml:6:35 /spec/statements/0/resource unknown-field',
    ]);
    expect(errors.map(({ suggestion }) => suggestion)).toEqual([
      'Did you mean "model:invoke"?',
      'Did you mean "model"?',
      undefined,
      'Did you mean "allow"?',
      undefined,
      'Did you mean "resources"?',
    ]);
    expect(errors[0]?.document).toBe('Role/r');
  });

  it('points into JSON as it does into YAML', () => {
    expect(places('{"apiVersion": "gatehouse/v1",\n "kind": "Rol",\n "metadata": {}}')).toEqual([
      'unknown-kind at 2:10',
    ]);
  });

  it('points at the second of two equal keys', () => {
    expect(places(`${account}  \nkind: Role\n`)).toEqual(['duplicate-key at 6:1']);
  });

  it('points at a syntax error', () => expect(places('kind: [a\nb: c')).toContain('syntax at 2:1'));
});

describe('hostile text', () => {
  const bounded = (text: string) => {
    const { errors, documents } = check(text);
    return { rules: [...new Set(errors.map(({ rule }) => rule))], documents };
  };

  it.each([
    ['aliases', 'a: &x [1]\nb: *x', 'anchor'],
    ['a pattern without quotes', 'actions: [*]', 'alias'],
    [
      'a billion laughs',
      Array.from(
        { length: 12 },
        (_, n) =>
          `k${n}: &a${n} [${
            n
              ? Array(9)
                  .fill(`*a${n - 1}`)
                  .join(',')
              : 'lol'
          }]`,
      ).join('\n'),
      'anchor',
    ],
    ['tags', 'a: !!js/function "x"', 'tag'],
    ['directives', '%TAG ! tag:evil,2000:\n---\na: b', 'directive'],
    ['deep flow nesting', '['.repeat(200_000), 'too-deep'],
    ['deep block nesting', '- '.repeat(100_000), 'too-deep'],
    ['deep explicit keys', '? '.repeat(100_000), 'too-deep'],
    ['a text that is too large', 'a'.repeat(BUNDLE_CHARACTERS_MAX + 1), 'too-large'],
    ['keys that are no text', '? [a]\n: b', 'key'],
    ['a key that is a prototype', '{"__proto__": {"isAdmin": true}}', 'key'],
    ['numbers past what is exact', 'apiVersion: gatehouse/v1\nkind: Limits\nx: 99999999999999999999', 'number'],
  ])('refuses %s with a clear error', (_, text, rule) => {
    const { rules, documents } = bounded(text);
    expect(rules).toContain(rule);
    expect(documents).toEqual([]);
  });

  it.each([
    ['an escaped NUL', '\\0'],
    ['half of a surrogate pair', '\\ud800'],
  ])('names the place of a text, and of a key, with %s, which no store could keep', (_, escape) => {
    const described = role(
      `{id: s, effect: allow, actions: [model:list], resources: ["model:*/*"], description: "${escape}"}`,
    );
    expect(check(described).errors).toMatchObject([
      { rule: 'text', file: 'a.yaml', line: 6, column: 92, pointer: '/spec/statements/0/description' },
    ]);
    expect(check(described).documents).toEqual([]);
    const labelled = account.replace('tenant: acme', `tenant: acme, labels: {"a${escape}": b}`);
    expect(places(labelled)).toEqual(['text at 3:48']);
  });

  it('suggests quotes where a pattern was taken for an alias', () => {
    expect(check('actions: [*]').errors[0]).toMatchObject({
      line: 1,
      column: 11,
      suggestion: 'If a pattern is meant, put it in quotes: "*".',
    });
  });

  it(`takes nesting of up to ${NESTING_MAX} levels, and block texts that begin like an alias`, () => {
    const text = `apiVersion: gatehouse/v1\nkind: Prompt\nmetadata: {name: p, tenant: acme}\nspec:\n  messages:\n    - role: user\n      content: |\n        *not an alias\n        &nor an anchor\n`;
    expect(check(text).errors).toEqual([]);
  });

  it.each([
    ['100,000 equal keys', 'a: 1\n'.repeat(100_000)],
    ['100,000 different keys', Array.from({ length: 100_000 }, (_, n) => `k${n}: 1`).join('\n')],
    ['an endless quoted text', `a: "${'\\n '.repeat(500_000)}"`],
    ['an endless plain text', `a: b\n${'  c\n'.repeat(200_000)}`],
    ['many empty documents', '---\n'.repeat(200_000)],
    ['many comments', '# x\n'.repeat(100_000)],
    ['unclosed quotes', `"${'a'.repeat(1_000_000)}`],
    ['many commas', `[${','.repeat(100_000)}]`],
  ])(
    'is done with %s in bounded time',
    (_, text) => {
      expect(bounded(text).documents).toEqual([]);
    },
    60_000,
  );
});

describe('secrets', () => {
  it('have no place in a document, and are not repeated by the refusal', () => {
    const secret = 'sk-live-0123456789';
    const text = account.replace('"}', `", credential: {value: "${secret}"}, apiKey: "${secret}"}`);
    const { errors } = check(text);
    expect(errors.map(({ rule }) => rule)).toEqual(['missing-field', 'unknown-field', 'unknown-field']);
    expect(JSON.stringify(errors)).not.toContain(secret);
  });

  it('are not repeated where an address carries one', () => {
    const { errors } = check(account.replace('http://', 'http://user:hunter2@'));
    expect(errors).toHaveLength(1);
    expect(JSON.stringify(errors)).not.toContain('hunter2');
  });
});
