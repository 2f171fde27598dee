import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { policyCommand } from './command.js';

let root: string;
const document = (kind: string, name: string, rest: string) =>
  `apiVersion: gatehouse/v1\nkind: ${kind}\nmetadata: {name: ${name}, tenant: acme}\n${rest}\n---\n`;
const role = (action: string) =>
  document(
    'Role',
    'r',
    `spec: {statements: [{id: s, effect: allow, actions: [${action}], resources: ["policy:**"]}]}`,
  ) + document('RoleBinding', 'b', 'spec: {subjects: ["user:ana"], roles: [r]}');
const test = (decision: string) =>
  document(
    'PolicyTest',
    't',
    `options: {coverage: {statementsPercent: 100}}
principals: {ana: {id: "user:ana"}}
requests: {read: {action: policy:read, resource: "policy:Role/r"}}
tests: [{name: reads, input: {principals: [ana], requests: [read]}, expected: [{principal: ana, request: read, decision: ${decision}}]}]
invariants: [{noNewAccessSince: current}]`,
  );
const files = {
  'good/roles.yaml': role('policy:read'),
  'good/tests/access.yml': test('allow'),
  'failing/all.yaml': role('policy:read') + test('deny'),
  'wrong/all.yaml': role('policy:reed'),
  'before/all.yaml': role('policy:*'),
};

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'gatehouse-policy-check-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const run = (...args: string[]) => policyCommand(args, 0, (path) => join(root, path));

it('ends with 0 when lint, tests, coverage and invariants hold', () => {
  const { text, exitCode } = run('check', 'good', '--current', 'before');
  expect(text).toContain('✓ reads');
  expect(text).toContain('1 of 1 statements decided something (100.0 %)');
  expect(exitCode).toBe(0);
});

it('ends with 1 when a test fails, or the bundle has a mistake, and says where', () => {
  expect(run('check', 'failing', '--current', 'before')).toMatchObject({ exitCode: 1 });
  const { text, exitCode } = run('check', 'wrong');
  expect(text).toContain('all.yaml:4:54 There is no action "policy:reed". Did you mean "policy:read"?');
  expect(exitCode).toBe(1);
});

it('does not take an invariant for shown when it does not know what is in force', () => {
  expect(run('check', 'good')).toMatchObject({ exitCode: 1 });
});

it('prints JSON and JUnit of the same results', () => {
  const { suites } = JSON.parse(run('check', 'failing', '--current', 'before', '--output', 'json').text);
  expect(suites.map(({ passed }: { passed: boolean }) => passed)).toEqual([true, false]);
  expect(run('check', 'failing', '--current', 'before', '--output', 'junit').text).toContain('failures="1"');
});

it('ends with 2 for a file that is not UTF-8: the service refuses such a text, too', () => {
  mkdirSync(join(root, 'latin'), { recursive: true });
  writeFileSync(join(root, 'latin/roles.yaml'), Buffer.from(`# gr\xfc\xdfe\n${role('policy:read')}`, 'latin1'));
  const { text, exitCode } = run('check', 'latin');
  expect([exitCode, text.split('\n')[0]]).toEqual([2, 'roles.yaml is not UTF-8.']);
});

it.each([[[]], [['check']], [['check', 'no-such-folder']], [['check', 'good', '--output', 'xml']], [['plan', 'good']]])(
  'ends with 2 and its usage for %j',
  (args) => {
    const { text, exitCode } = run(...args);
    expect([exitCode, text.includes('Usage:')]).toEqual([2, true]);
  },
);
