import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
// @ts-expect-error: plain JavaScript, because it runs before anything is compiled.
import { failuresOf, told } from './failures.mjs';

const file = (name: string) => join(import.meta.dirname, name);
const test = (status: string, fullName: string, ...failureMessages: string[]) => ({
  status,
  fullName,
  failureMessages,
});

function reportOf(testResults: object[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-failures-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'report.json'), JSON.stringify({ testResults }));
  return join(folder, 'report.json');
}

it('names the test that failed, with the first lines of why and without the stack', () => {
  const why = '\u001B[31mAssertionError\u001B[39m: expected 1 to be 2\n\n    at somewhere.ts:1:1\n- 1\n+ 2';
  const assertionResults = [test('passed', ' fine'), test('failed', ' a key is refused', why)];
  const report = reportOf([{ status: 'failed', name: file('a.spec.ts'), message: '', assertionResults }]);
  expect(told(failuresOf(report))).toEqual([
    'FAILED  deploy/local/setup/a.spec.ts > a key is refused',
    '        AssertionError: expected 1 to be 2',
    '        - 1',
  ]);
});

it('names the file whose hook failed, though none of its tests did, and what it kept from running', () => {
  const assertionResults = [test('skipped', ' findings are listed'), test('skipped', ' findings end')];
  const message = 'Hook timed out in 60000ms.\nIf this is a long-running hook, …';
  const hook = { status: 'failed', name: file('b.int.spec.ts'), message, assertionResults };
  const unloadable = { status: 'failed', name: file('c.spec.ts'), message: 'no such module', assertionResults: [] };
  const sound = { status: 'passed', name: file('d.spec.ts'), message: '', assertionResults: [test('passed', ' fine')] };
  expect(told(failuresOf(reportOf([hook, unloadable, sound])))).toEqual([
    'FAILED  deploy/local/setup/b.int.spec.ts > a hook before "findings are listed"',
    '        Hook timed out in 60000ms.',
    '        If this is a long-running hook, …',
    'FAILED  deploy/local/setup/c.spec.ts > the file itself, or a hook',
    '        no such module',
  ]);
});

it('tells no more than fits below the table of steps, however much failed and however long it is', () => {
  const many = Array.from({ length: 40 }, (_, n) =>
    test('failed', ` test ${n}`, 'x\n'.repeat(1_000) + 'y'.repeat(9_000)),
  );
  const long = [test('failed', ' long', 'z'.repeat(9_000)), ...many];
  const lines = told(failuresOf(reportOf([{ status: 'failed', name: file('e.spec.ts'), assertionResults: long }])));
  expect(lines.length).toBeLessThanOrEqual(19);
  expect(lines.at(-1)).toBe('… and 35 more');
  expect(lines.every((line: string) => line.length <= 180)).toBe(true);
});

it('has nothing to say about a run without a report', () => {
  expect(failuresOf('/nowhere/report.json')).toEqual([]);
});
