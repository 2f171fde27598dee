import type { Path } from '../bundle/source-map.js';
import { isSubject, readSubject } from '../documents/subject.js';
import type { LintContext, Report } from '../lint/lint-context.js';
import { lintScope } from '../lint/statement.rules.js';
import { lintSubjects } from '../lint/subject.rules.js';
import { didYouMean } from '../matching/nearest.js';
import { actionNames, actions, isAction } from '../vocabulary/actions.js';
import { isResourceType, resourceTypeNames } from '../vocabulary/resource-types.js';
import type { PolicyTest, TestPrincipal, TestRequest } from './policy-test.js';

/** A test that misspells a name would pass because nothing is allowed; so every name must be known. */
export function lintPolicyTest(test: PolicyTest, context: LintContext, report: Report): void {
  for (const [name, principal] of Object.entries(test.principals ?? {})) {
    lintPrincipal(principal, ['principals', name], report);
  }
  for (const [name, request] of Object.entries(test.requests ?? {})) lintRequest(request, ['requests', name], report);
  lintCases(test, report);
  for (const [n, invariant] of (test.invariants ?? []).entries()) {
    if (!('never' in invariant)) continue;
    const path = ['invariants', n, 'never'];
    lintSubjects(invariant.never.subjects, [...path, 'subjects'], 'patterns', report);
    lintScope(invariant.never, path, context, report);
  }
  if (!test.tests && !test.invariants) {
    report({ path: [], rule: 'empty-test', message: 'The document has neither tests nor invariants.' });
  }
}

function lintPrincipal({ id }: TestPrincipal, path: Path, report: Report): void {
  const read = readSubject(id);
  if (!isSubject(read)) return report({ path: [...path, 'id'], rule: 'unknown-subject', ...read });
  if (read.kind === 'user' || read.kind === 'virtual-account') return;
  const message = `"${id}" is no principal: write user:<id> or virtual-account:<name>, and teams and groups beside it.`;
  report({ path: [...path, 'id'], rule: 'unknown-subject', message });
}

function lintRequest({ action, resource }: TestRequest, path: Path, report: Report): void {
  if (!isAction(action)) {
    const suggestion = didYouMean(action, actionNames);
    report({
      path: [...path, 'action'],
      rule: 'unknown-action',
      message: `There is no action "${action}".`,
      suggestion,
    });
  }
  const at = [...path, 'resource'];
  const colon = resource.indexOf(':');
  const type = resource.slice(0, colon);
  if (colon < 1 || !isResourceType(type)) {
    const suggestion = didYouMean(type, resourceTypeNames);
    report({ path: at, rule: 'unknown-resource-type', message: `"${resource}" is not <type>:<path>.`, suggestion });
  } else if (isAction(action) && actions[action].type !== type) {
    report({
      path: at,
      rule: 'never-matches',
      message: `${action} is about a ${actions[action].type}, not a ${type}.`,
    });
  }
}

function lintCases({ tests = [], principals = {}, requests = {} }: PolicyTest, report: Report): void {
  const seen = new Set<string>();
  const known = (names: readonly string[], declared: object, what: string, path: Path) => {
    for (const [n, name] of names.entries()) {
      if (Object.hasOwn(declared, name)) continue;
      const suggestion = didYouMean(name, Object.keys(declared));
      report({
        path: [...path, n],
        rule: `unknown-${what}`,
        message: `There is no ${what} "${name}" here.`,
        suggestion,
      });
    }
  };
  for (const [n, { name, input, expected }] of tests.entries()) {
    const path = ['tests', n];
    if (seen.has(name)) report({ path: [...path, 'name'], rule: 'duplicate-id', message: `"${name}" is taken.` });
    seen.add(name);
    known(input.principals, principals, 'principal', [...path, 'input', 'principals']);
    known(input.requests, requests, 'request', [...path, 'input', 'requests']);
    const pairs = new Set<string>();
    for (const [m, { principal, request }] of expected.entries()) {
      const at = [...path, 'expected', m];
      const pair = JSON.stringify([principal, request]);
      if (!input.principals.includes(principal) || !input.requests.includes(request)) {
        const message = `The test does not ask ${request} of ${principal}: they must be in its input.`;
        report({ path: at, rule: 'not-in-input', message });
      }
      if (pairs.has(pair)) report({ path: at, rule: 'duplicate-expectation', message: 'It is expected twice.' });
      pairs.add(pair);
    }
  }
}
