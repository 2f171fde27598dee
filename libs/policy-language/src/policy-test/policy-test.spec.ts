import { describe, expect, it } from 'vitest';
import { checkBundle } from '../bundle/check-bundle.js';

const model = `
apiVersion: gatehouse/v1
kind: ProviderAccount
metadata: {name: main, tenant: acme}
spec: {provider: openai, baseUrl: "https://upstream.example/v1"}
---
apiVersion: gatehouse/v1
kind: Model
metadata: {name: main/a, tenant: acme, tags: {env: staging}}
spec: {upstreamModel: a, types: [chat]}
---
`;
const test = (rest: string, tenant = 'acme') => `
apiVersion: gatehouse/v1
kind: PolicyTest
metadata: {name: t, tenant: ${tenant}}
principals: {ana: {id: "user:ana", teams: [ds]}}
requests: {staging: {action: model:invoke, resource: "model:main/a"}}
${rest}
`;
const asks = (expected: string) =>
  `tests: [{name: one, input: {principals: [ana], requests: [staging]}, expected: ${expected}}]`;
const check = (text: string) => checkBundle([{ name: 'a.yaml', text }], { tenantDocuments: [], platformDocuments: [] });
const mistakes = (text: string) => check(model + text).errors.map(({ rule, pointer }) => `${rule} ${pointer}`);

describe('a PolicyTest in a bundle', () => {
  it('is a test and no document', () => {
    const { documents, tests, errors } = check(model + test(asks('[]')));
    expect([errors, documents.map(({ kind }) => kind), tests.length]).toEqual([[], ['ProviderAccount', 'Model'], 1]);
  });

  it('is held back with the documents when anything is wrong', () => {
    const { documents, tests, errors } = check(`${test(asks('[]'))}---\n${test(asks('[]'), 'globex')}`);
    expect([documents, tests]).toEqual([[], []]);
    expect(errors.map(({ rule }) => rule)).toEqual(['several-tenants', 'duplicate-document'].toSorted());
  });

  it('must ask and expect of those that it declares, with its place in the file', () => {
    expect(mistakes(test('tests: [{name: one, input: {principals: [bob], requests: [x]}, expected: []}]'))).toEqual([
      'unknown-principal /tests/0/input/principals/0',
      'unknown-request /tests/0/input/requests/0',
    ]);
    expect(mistakes(test(asks('[{principal: ana, request: other, decision: allow}]')))).toEqual([
      'not-in-input /tests/0/expected/0',
    ]);
    const [first] = check(model + test(asks('[{principal: ana, request: other, decision: allow}]'))).errors;
    expect([first?.file, first?.line, first?.document]).toEqual(['a.yaml', 18, 'PolicyTest/t']);
  });

  it('must name actions, resources and subjects that there are', () => {
    const header = `
apiVersion: gatehouse/v1
kind: PolicyTest
metadata: {name: t, tenant: acme}
`;
    expect(
      mistakes(`${header}principals: {a: {id: "team:x"}}\n${'invariants: [{noNewAccessSince: current}]'}`),
    ).toEqual(['unknown-subject /principals/a/id']);
    const requests =
      '{a: {action: model:invok, resource: "model:main/a"}, b: {action: key:read, resource: "model:x/y"}}';
    expect(mistakes(`${header}requests: ${requests}\ninvariants: [{noNewAccessSince: current}]`)).toEqual([
      'unknown-action /requests/a/action',
      'never-matches /requests/b/resource',
    ]);
    expect(mistakes(`${header}invariants: [{never: {subjects: ["virtual-account:*"], actions: ["polcy:*"]}}]`)).toEqual(
      ['unknown-action /invariants/0/never/actions/0'],
    );
    expect(mistakes(`${header}requests: {}`)).toEqual(['empty-test ']);
  });
});
