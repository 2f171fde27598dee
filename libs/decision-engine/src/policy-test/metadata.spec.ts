import { checkBundle } from '#libs/policy-language';
import { describe, expect, it } from 'vitest';
import { compile, runPolicyTests } from '../index.js';

const document = (kind: string, name: string, rest: string, tags = '') => `
apiVersion: gatehouse/v1
kind: ${kind}
metadata: {name: ${name}, tenant: acme${tags}}
${rest}
---`;
const apollo = '{attr: request.metadata.project, eq: apollo}';
const policy = [
  document('ProviderAccount', 'main', 'spec: {provider: openai, baseUrl: "https://upstream.example/v1"}'),
  document('Model', 'main/small', 'spec: {upstreamModel: m, types: [chat]}', ', tags: {env: staging}'),
  document(
    'Role',
    'of-apollo',
    `spec: {statements: [{id: small, effect: allow, actions: [model:invoke], resources: ["model:main/small"], when: [${apollo}]}]}`,
  ),
  document('RoleBinding', 'all', 'spec: {subjects: [everyone, "virtual-account:etl"], roles: [of-apollo]}'),
];
const settings = (required: string) => document('TenantSettings', 'settings', `spec: {requiredMetadata: ${required}}`);

type Said = { readonly who?: string; readonly request?: string; readonly options?: string; readonly allowed?: boolean };

function checked(
  documents: readonly string[],
  { who = 'id: "user:ana"', request = '', options = '{}', allowed }: Said,
) {
  const expected = allowed === false ? '' : '{principal: who, request: call, decision: allow, by: [of-apollo/small]}';
  const test = document(
    'PolicyTest',
    'test',
    `options: ${options}
principals: {who: {${who}}}
requests: {call: {action: model:invoke, resource: "model:main/small"${request}}}
tests: [{name: t, input: {principals: [who], requests: [call]}, expected: [${expected}]}]`,
  );
  const text = [...documents, test].join('\n');
  return checkBundle([{ name: 'a.yaml', text }], { tenantDocuments: [], platformDocuments: [] });
}

/** What one test of these says that went wrong. */
function failures(documents: readonly string[], said: Said): readonly string[] {
  const { errors, documents: read, tests } = checked(documents, said);
  expect(errors).toEqual([]);
  const set = { tenant: 'acme', platformDocuments: [], policyRevision: 1, platformRevision: 0 };
  const snapshot = compile({ ...set, documents: read });
  const { suites } = runPolicyTests({ tests, documents: read, snapshot, nowMs: 0 });
  return suites.flatMap(({ results }) => results.flatMap((each) => each.failures));
}

const account = 'id: "virtual-account:etl", labels: {project: apollo}';

describe('a test of a policy knows what a call is by its labels', () => {
  it.each<[string, Said]>([
    ['of its key', { request: ', credential: {labels: {project: apollo}}' }],
    ['of its virtual account', { who: account }],
    ['of its tenant', { options: '{tenantLabels: {project: apollo}}' }],
    [
      'of its virtual account, before that of the key',
      { who: account, request: ', credential: {labels: {project: x}}' },
    ],
    [
      'of its key, whatever its caller says',
      { request: ', metadata: {project: x}, credential: {labels: {project: apollo}}' },
    ],
  ])('%s', (_, said) => expect(failures(policy, said)).toEqual([]));

  it.each<[string, Said]>([
    ['of its tenant, before all others', { who: account, options: '{tenantLabels: {project: x}}' }],
    [
      'of its key, against what its caller says',
      { request: ', metadata: {project: apollo}, credential: {labels: {project: x}}' },
    ],
    ['and not by those of a user, which are about a person', { who: 'id: "user:ana", labels: {project: apollo}' }],
  ])('%s', (_, said) => expect(failures(policy, { ...said, allowed: false })).toEqual([]));
});

describe('a test of a policy holds a call to what its tenant requires of it', () => {
  const says = ', metadata: {project: apollo}';

  it.each([
    ['{project: [apollo]}', says, []],
    ['{project: "*"}', says, []],
    ['{project: [zeus]}', says, ['who × call: expected allow; got deny (invalid_metadata project)']],
    ['{stage: "*"}', says, ['who × call: expected allow; got deny (missing_metadata stage)']],
    ['{stage: "*"}', `${says.slice(0, -1)}, stage: ""}`, []],
  ])('%s, of one that says%s', (required, request, expected) => {
    expect(failures([...policy, settings(required)], { request })).toEqual(expected);
  });

  it('but for its labels', () => {
    const options = '{tenantLabels: {stage: night}}';
    expect(failures([...policy, settings('{stage: [night]}')], { request: says, options })).toEqual([]);
  });
});

it.each([
  ['more pairs', Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`k${n}`, 'v']))],
  ['a longer name', { ['k'.repeat(129)]: 'v' }],
  ['a longer value', { k: 'v'.repeat(513) }],
])('a test cannot ask what no call can say: %s', (_, metadata) => {
  const { errors } = checked(policy, { request: `, metadata: ${JSON.stringify(metadata)}` });
  expect(errors).not.toEqual([]);
  const most = Object.fromEntries(Array.from({ length: 16 }, (__, n) => [`k${n}`.padEnd(128, 'k'), 'v'.repeat(512)]));
  expect(checked(policy, { request: `, metadata: ${JSON.stringify(most)}` }).errors).toEqual([]);
});
