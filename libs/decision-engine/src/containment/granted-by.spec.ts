import { readDocument, type PolicyDocument } from '#libs/policy-language';
import { expect, it } from 'vitest';
import { compile, counterExample, grantedBy } from '../index.js';

const document = (kind: string, name: string, spec: object, tags?: object) =>
  readDocument({ apiVersion: 'gatehouse/v1', kind, metadata: { name, tenant: 'acme', ...(tags && { tags }) }, spec });
const model = (env: string, grants?: object[]) =>
  document('Model', 'main/a', { upstreamModel: 'm', types: ['chat'], ...(grants && { grants }) }, { env });
const role = (name: string, ...statements: object[]) =>
  document('Role', name, { statements: statements.map((each, n) => ({ id: `s${n}`, ...each })) });
const allow = (actions: string[], resources: string[]) => ({ effect: 'allow', actions, resources });
const deny = (actions: string[], resources: string[]) => ({ effect: 'deny', actions, resources });
const bind = (name: string, subject: string, roles: string[], resources?: string[]) =>
  document('RoleBinding', name, { subjects: [subject], roles, ...(resources && { resources }) });

/** Lena may apply policy and invoke and list the models of one account; nothing else. */
const base: readonly PolicyDocument[] = [
  document('ProviderAccount', 'main', { provider: 'openai', baseUrl: 'https://upstream.example/v1' }),
  model('staging'),
  role('lead', allow(['policy:apply', 'policy:read'], ['policy:**']), allow(['model:*'], ['model:main/*'])),
  role('careful', allow(['model:list'], ['model:main/*']), deny(['model:invoke'], ['model:*/x'])),
  bind('lena', 'user:lena', ['lead']),
  bind('carl', 'user:carl', ['careful']),
];
const lena = { id: 'lena', kind: 'user', tenant: 'acme', teams: [], groups: [], labels: {} } as const;

const without = (kind: string, name: string) =>
  base.filter((each) => each.kind !== kind || each.metadata.name !== name);
function refused(after: readonly PolicyDocument[], before = base) {
  const revisions = { policyRevision: 1, platformRevision: 0 };
  const snapshot = compile({ tenant: 'acme', documents: before, platformDocuments: [], ...revisions });
  return counterExample(snapshot, lena, grantedBy({ before, after, platform: [] }), 0)?.statement;
}
const adding = (...documents: PolicyDocument[]) => refused([...base, ...documents]);

it('lets one grant what one holds, and no more', () => {
  expect(adding(bind('new', 'user:bob', ['lead']))).toBeUndefined();
  expect(adding(bind('new', 'user:bob', ['viewer']))).toBe('viewer/models');
  expect(adding(bind('new', 'user:lena', ['admin']))).toMatch(/^admin\//);
  expect(adding(bind('new', 'user:bob', ['analyst'], ['model:main/a']))).toMatch(/^analyst\//);
});

it('takes a wider role for a grant to whomever it is bound to, and an unbound one for none', () => {
  const wider = role('lead', allow(['model:*'], ['model:*/*']));
  expect(refused([...without('Role', 'lead'), wider])).toBe('lead/s0');
  expect(adding(role('unbound', allow(['model:*'], ['model:*/*'])))).toBeUndefined();
  const together = [role('unbound', allow(['model:*'], ['model:*/*'])), bind('new', 'user:lena', ['unbound'])];
  expect(adding(...together)).toBe('unbound/s0');
});

it('takes grants and tags of a model for grants', () => {
  const others = without('Model', 'main/a');
  const granting = model('staging', [{ subjects: ['user:bob'], actions: ['model:invoke'] }]);
  expect(refused([...others, granting])).toBeUndefined();
  expect(refused([...others, model('production')])).toBeUndefined();
  const foreign = document('Model', 'other/b', { upstreamModel: 'm', types: ['chat'] }, { env: 'staging' });
  expect(adding(foreign)).toBe('Model/other/b');
});

it('does not let a deny or a boundary go, by whichever document', () => {
  const ceiling = document('Boundary', 'c', {
    appliesTo: ['*'],
    allow: [allow(['*'], ['**'])].map(({ effect: _, ...each }) => each),
  });
  expect(refused(base, [...base, ceiling])).toBe('Boundary/c');
  expect(refused(without('RoleBinding', 'carl'))).toBe('RoleBinding/carl');
  expect(refused([...without('Role', 'careful'), role('careful', allow(['model:list'], ['model:main/*']))])).toBe(
    'Role/careful',
  );
});

it('finds nothing in what only narrows', () => {
  expect(refused(without('Model', 'main/a'))).toBeUndefined();
  expect(refused(base)).toBeUndefined();
  expect(adding(role('r', deny(['model:*'], ['model:main/*'])), bind('new', 'user:bob', ['r']))).toBeUndefined();
});

it('takes what a deleted document had hidden, and another provider, for grants', () => {
  const platform = [readDocument({ ...model('production'), metadata: { name: 'other/b', tenant: 'platform' } })];
  const hiding = document('Model', 'other/b', { upstreamModel: 'm', types: ['chat'] }, { env: 'staging' });
  const granted = grantedBy({ before: [...base, hiding], after: base, platform });
  expect(granted.map(({ resources }) => resources)).toEqual([['model:other/b']]);
  const elsewhere = document('ProviderAccount', 'main', { provider: 'vllm', baseUrl: 'https://upstream.example/v1' });
  const changed = grantedBy({ before: base, after: [...without('ProviderAccount', 'main'), elsewhere], platform: [] });
  expect(changed).toMatchObject([{ id: 'ProviderAccount/main', resources: ['model:main/*'] }]);
});

it('takes another model behind the same name for a grant of that name', () => {
  const others = without('Model', 'main/a');
  const swapped = document('Model', 'main/a', { upstreamModel: 'dearer', types: ['chat'] }, { env: 'staging' });
  const revisions = { before: base, platform: [] };
  expect(grantedBy({ ...revisions, after: [...others, swapped] })).toMatchObject([{ id: 'Model/main/a' }]);
  const moved = document('ProviderAccount', 'main', { provider: 'openai', baseUrl: 'https://other.example/v1' });
  const after = [...without('ProviderAccount', 'main'), moved];
  expect(grantedBy({ ...revisions, after })).toMatchObject([{ resources: ['model:main/*'] }]);
});

it('takes a tag for a grant only where some condition reads it', () => {
  const tagged = (tags: object) => document('Model', 'main/a', { upstreamModel: 'm', types: ['chat'] }, tags);
  const change = (...more: PolicyDocument[]) => ({
    before: [...base, ...more],
    after: [...without('Model', 'main/a'), tagged({ env: 'staging', unit: 'x' }), ...more],
    platform: [],
  });
  expect(grantedBy(change())).toEqual([]);
  const reading = role('r', {
    ...deny(['model:invoke'], ['model:*/*']),
    when: [{ attr: 'resource.tags.unit', eq: 'y' }],
  });
  expect(grantedBy(change(reading))).toMatchObject([{ id: 'Model/main/a', actions: ['model:*'] }]);
});

it('takes a tag of a prompt for a grant only where a condition on prompts reads it', () => {
  const prompt = (env?: string) =>
    document('Prompt', 'p', { messages: [{ role: 'user', content: 'x' }] }, env ? { env } : undefined);
  // The built-in developer reads the environment of models, and of nothing else.
  expect(grantedBy({ before: [...base, prompt()], after: [...base, prompt('production')], platform: [] })).toEqual([]);
  const when = [{ attr: 'resource.tags.env', eq: 'production' }];
  const reading = role('r', { ...allow(['prompt:read'], ['prompt:*']), when });
  const change = {
    before: [...base, reading, prompt()],
    after: [...base, reading, prompt('production')],
    platform: [],
  };
  expect(grantedBy(change)).toMatchObject([{ id: 'Prompt/p', actions: ['prompt:*'] }]);
});

it('finds nothing in fewer subjects, fewer roles, or a stricter boundary; something in more', () => {
  const bound = (subjects: string[], roles: string[]) => document('RoleBinding', 'b', { subjects, roles });
  const wide = bound(['user:bob', 'user:eve'], ['viewer', 'admin']);
  const granted = (old: PolicyDocument, now: PolicyDocument) =>
    grantedBy({ before: [...base, old], after: [...base, now], platform: [] }).length;
  expect(granted(wide, bound(['user:bob'], ['viewer']))).toBe(0);
  expect(granted(bound(['user:bob'], ['viewer']), wide)).toBeGreaterThan(0);
  const ceiling = (appliesTo: string[], ...patterns: string[]) =>
    document('Boundary', 'c', { appliesTo, allow: patterns.map((each) => ({ actions: ['*'], resources: [each] })) });
  expect(granted(ceiling(['user:bob'], 'model:*/*', 'key:*'), ceiling(['*', 'user:bob'], 'key:*'))).toBe(0);
  expect(granted(ceiling(['*'], 'key:*'), ceiling(['user:bob'], 'key:*'))).toBe(1);
  expect(granted(ceiling(['*'], 'key:*'), ceiling(['*'], 'model:*/*', 'key:*'))).toBe(1);
});
