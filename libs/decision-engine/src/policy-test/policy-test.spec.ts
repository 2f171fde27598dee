import { checkBundle } from '#libs/policy-language';
import { describe, expect, it } from 'vitest';
import { compile, junitOutput, runPolicyTests, treeOutput, type Principal } from '../index.js';

const envelope = (kind: string, name: string, rest: string, metadata = '') => `
apiVersion: gatehouse/v1
kind: ${kind}
metadata: {name: ${name}, tenant: acme${metadata}}
${rest}
---`;
const tagged = (env: string) => `, tags: {env: ${env}}`;
const spec = 'spec: {upstreamModel: m, types: [chat]}';
const policy = [
  envelope('ProviderAccount', 'main', 'spec: {provider: openai, baseUrl: "https://upstream.example/v1"}'),
  envelope('Model', 'main/small', spec, tagged('staging')),
  envelope('Model', 'main/new-preview', spec, tagged('staging')),
  envelope('Model', 'main/live', spec, tagged('production')),
  envelope(
    'Role',
    'staging-user',
    `spec:
  statements:
    - {id: staging-models, effect: allow, actions: [model:invoke], resources: ["model:*/*"], when: [{attr: resource.tags.env, in: [staging]}]}
    - {id: no-previews, effect: deny, actions: ["model:*"], resources: ["model:*/*-preview"], unless: [{attr: principal.labels.clearance, eq: high}]}`,
  ),
  envelope('RoleBinding', 'ds', 'spec: {subjects: ["team:ds", "virtual-account:etl"], roles: [staging-user]}'),
].join('\n');
const test = (rest: string) =>
  envelope(
    'PolicyTest',
    'ds-access',
    `principals: {ana: {id: "user:ana", teams: [ds], labels: {clearance: low}}}
requests:
  staging: {action: model:invoke, resource: "model:main/small"}
  preview: {action: model:invoke, resource: "model:main/new-preview"}
${rest}`,
  );
const cases = (expected: string) =>
  `tests: [{name: staging, input: {principals: [ana], requests: [staging, preview]}, expected: ${expected}}]`;
const listed = '{principal: ana, request: staging, decision: allow, by: [staging-user/staging-models]}';

function bundle(text: string) {
  const checked = checkBundle([{ name: 'a.yaml', text }], { tenantDocuments: [], platformDocuments: [] });
  if (checked.errors.length > 0) throw new Error(JSON.stringify(checked.errors));
  const { documents, tests } = checked;
  const input = { tenant: 'acme', documents, platformDocuments: [], policyRevision: 1, platformRevision: 0 };
  return { documents, tests, snapshot: compile(input) };
}
function run(rest: string, before?: string, principals: Principal[] = [], after = policy) {
  const { documents, tests, snapshot } = bundle(after + test(rest));
  const current = before === undefined ? undefined : bundle(before).snapshot;
  return runPolicyTests({ documents, tests, snapshot, current, principals, nowMs: 0 });
}
const failures = (...given: Parameters<typeof run>) =>
  run(...given).suites.flatMap(({ results }) => results.flatMap((each) => each.failures));

describe('tests of a policy', () => {
  it('pass when what is listed is allowed by the statements named, and all else is denied', () => {
    const { passed, suites } = run(cases(`[${listed}]`));
    expect([passed, suites[0]?.results[0]?.decisions]).toEqual([true, 2]);
  });

  it('fail for what is allowed and not listed', () => {
    expect(failures(cases('[]'))).toEqual([
      'ana × staging: expected deny, as it is not listed; got allow (granted: staging-user/staging-models)',
    ]);
  });

  it('fail when another statement decides than the one named', () => {
    const wrong = '{principal: ana, request: preview, decision: deny, by: [staging-user/staging-models]}';
    expect(failures(cases(`[${listed}, ${wrong}]`))).toEqual([
      'ana × preview: expected deny by staging-user/staging-models; it was explicit_deny: staging-user/no-previews',
    ]);
  });

  it('know how many of the statements decided something, and can ask for all of them', () => {
    const wanted = 'options: {coverage: {statementsPercent: 100}}\n';
    expect(run(wanted + cases(`[${listed}]`)).coverage).toMatchObject({ statements: 2, decided: 2, percent: 100 });
    const half = `tests: [{name: staging, input: {principals: [ana], requests: [staging]}, expected: [${listed}]}]`;
    expect(run(wanted + half).passed).toBe(false);
    expect(failures(wanted + half)).toEqual(['staging-user/no-previews decided nothing in any test']);
  });

  it('are decided at the time that the document gives', () => {
    const ended = policy.replace('roles: [staging-user]}', 'roles: [staging-user], expires: 2026-01-01T00:00:00Z}');
    const at = (now: string) => run(`options: {now: ${now}}\n${cases(`[${listed}]`)}`, undefined, [], ended).passed;
    expect([at('2025-12-31T00:00:00Z'), at('2026-01-02T00:00:00Z')]).toEqual([true, false]);
  });
});

it('is bounded: what the budget does not reach for has failed', () => {
  const { documents, tests, snapshot } = bundle(policy + test(cases(`[${listed}]`)));
  const report = runPolicyTests({ documents, tests, snapshot, nowMs: 0, decisionsMax: 1 });
  expect(report.suites[0]?.results[0]?.failures).toEqual(['not shown: the tests take more than 1 decisions']);
});

describe('an invariant', () => {
  const never = (scope: string) => `invariants: [{never: ${scope}}]`;

  it('looks at every model and everybody whom documents name', () => {
    expect(failures(never('{subjects: ["virtual-account:*"], actions: ["policy:*"]}'))).toEqual([]);
    expect(failures(never('{subjects: ["virtual-account:*"], actions: ["model:invoke"]}'))).toEqual([
      'virtual-account:etl could model:invoke model:main/new-preview by staging-user/staging-models',
      'virtual-account:etl could model:invoke model:main/small by staging-user/staging-models',
    ]);
    const production = '{subjects: ["*"], actions: ["model:*"], resources: ["model:*/live"]}';
    expect(failures(never(production))).toEqual([]);
  });

  it('knows people whom no document names by their teams', () => {
    const va = { id: 'va_1', kind: 'virtual-account', tenant: 'acme', teams: ['ds'], groups: [], labels: {} } as const;
    const scope = '{subjects: ["virtual-account:va_1"], actions: ["model:*"]}';
    expect(failures(never(scope))).toEqual([]);
    expect(failures(never(scope), undefined, [va])).toHaveLength(1);
  });

  it('finds new access by a changed tag, a lost deny, a wider condition; none in the same set or a narrower one', () => {
    const same = 'invariants: [{noNewAccessSince: current}]';
    expect(failures(same, policy)).toEqual([]);
    expect(failures(same, policy, [], policy.replace('in: [staging]', 'in: [development]'))).toEqual([]);
    const retagged = policy.replace(
      'main/live, tenant: acme, tags: {env: production}',
      'main/live, tenant: acme, tags: {env: staging}',
    );
    expect(failures(same, policy, [], retagged).join('\n')).toContain('model:main/live by staging-user/staging-models');
    const undenied = policy.replace(/\n +- \{id: no-previews.*/, '');
    expect(failures(same, policy, [], undenied).join('\n')).toContain('no longer keeps them from it');
    expect(failures(same, undenied, [], policy)).toEqual([]);
    const named = policy.replace('"virtual-account:etl"]', '"virtual-account:etl", "user:bob"]');
    expect(failures(same, policy, [], named)).toHaveLength(2);
  });

  it('is not taken for shown where what is in force is not known', () => {
    expect(run('invariants: [{noNewAccessSince: current}]').passed).toBe(false);
  });
});

describe('the outputs', () => {
  const report = run(cases('[]').replace('name: staging', 'name: "a <b> & \\"c\\" \\x07"'));

  it('are a tree for people', () => {
    expect(treeOutput(report).split('\n').slice(0, 3)).toEqual([
      'ds-access',
      '  ✗ a <b> & "c" \u{7}',
      '      ana × staging: expected deny, as it is not listed; got allow (granted: staging-user/staging-models)',
    ]);
  });

  it('are JUnit that stays well-formed whatever tests are called', () => {
    const xml = junitOutput(report);
    expect(xml).toContain('<testsuite name="ds-access" tests="1" failures="1">');
    expect(xml).toContain('name="a &lt;b&gt; &amp; &quot;c&quot; \u{fffd}"');
  });
});
