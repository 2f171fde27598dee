import type { PolicyDocument } from '#libs/policy-language';
import { newEnforcer, newModelFromString, StringAdapter } from 'casbin';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { compile, decide } from '../index.js';
import { flatStatements } from './flat-statements.fixture.js';
import { policies } from './generated-policy.fixture.js';
import { requests } from './generated-requests.fixture.js';
import type { NaiveRequest } from './naive-request.fixture.js';

/** Raise them by hand for a long run. */
const POLICIES = 40;
const REQUESTS_PER_POLICY = 40;
const asked = fc.array(requests, { minLength: REQUESTS_PER_POLICY, maxLength: REQUESTS_PER_POLICY });

/** What casbin is used for: subjects with roles, objects by pattern, allow unless denied. Conditions it knows none. */
const MODEL = `
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, also, act, eft
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = g(r.sub, p.sub) && r.act == p.act && regexMatch(r.obj, p.obj) && regexMatch(r.obj, p.also)
`;
const ASKED = new Set(['model:invoke', 'model:list', 'key:revoke', 'key:read', 'policy:apply', 'prompt:read']);

/** The part of a policy that casbin expresses: no conditions, no end, no boundaries; every model has an environment. */
function unconditional(documents: readonly PolicyDocument[]): PolicyDocument[] {
  return documents.flatMap((document): PolicyDocument[] => {
    switch (document.kind) {
      case 'Boundary':
        return [];
      case 'Role': {
        const statements = document.spec.statements.map((each) => ({ ...each, when: undefined, unless: undefined }));
        return [{ ...document, spec: { ...document.spec, statements } }];
      }
      case 'RoleBinding': {
        // The built-in roles whose statements have conditions are another language's.
        const roles = document.spec.roles.filter((name) => /^[rp]\d|^admin$/.test(name));
        return roles.length === 0 ? [] : [{ ...document, spec: { ...document.spec, roles, expires: undefined } }];
      }
      case 'Model': {
        const grants = document.spec.grants?.map((each) => ({ ...each, when: undefined, unless: undefined }));
        const metadata = { ...document.metadata, tags: { env: 'staging' } };
        return [{ ...document, metadata, spec: { ...document.spec, grants } }];
      }
      default:
        return [document];
    }
  });
}

const expression = (pattern: string) => {
  if (pattern === '**') return '^.*$';
  const escaped = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);
  return `^${escaped.replaceAll('**', '\u{1}').replaceAll('*', '[^/]*').replaceAll('\u{1}', '.*')}$`;
};
const expressionOf = (patterns: readonly string[] = ['**']) => patterns.map(expression).join('|');

/** casbin takes no policy without a line: one that concerns nobody. */
const NOTHING = 'p, nobody, ^$, ^$, none, allow';

function linesOf(own: PolicyDocument[], platform: PolicyDocument[]): string {
  const rows = flatStatements({ tenant: 'acme', own, platform }).flatMap(({ subjects, effect, actions, reach }) => {
    const [objects, also] = [expressionOf(reach[0]), expressionOf(reach[1])];
    const concerned = actions.filter((action) => ASKED.has(action));
    return subjects.flatMap((subject) =>
      concerned.map((act) => `p, ${subject}, ${objects}, ${also}, ${act}, ${effect}`),
    );
  });
  return [NOTHING, ...new Set(rows)].join('\n');
}

function subjectsOf({ principal: { id, name, kind, teams, groups } }: NaiveRequest): string[] {
  const kinds = kind === 'user' ? ['everyone'] : name ? [`${kind}:${name}`] : [];
  const belongs = [...teams.map((team) => `team:${team}`), ...groups.map((group) => `idp-group:${group}`)];
  return [`${kind}:${id}`, ...kinds, ...belongs];
}

it('decides as casbin does on grants without conditions', async () => {
  const seen = { compared: 0, allowed: 0 };
  await fc.assert(
    fc.asyncProperty(policies, asked, async (generated, questions) => {
      const [own, platform] = [unconditional(generated.own), unconditional(generated.platform)];
      const revisions = { policyRevision: 1, platformRevision: 1 };
      const snapshot = compile({ tenant: 'acme', documents: own, platformDocuments: platform, ...revisions });
      const enforcer = await newEnforcer(newModelFromString(MODEL), new StringAdapter(linesOf(own, platform)));
      for (const [n, question] of questions.entries()) {
        const {
          action,
          resource: { type, path },
        } = question;
        const isKnown = type !== 'model' || snapshot.model(path) !== undefined;
        if (!ASKED.has(action) || action.split(':')[0] !== type || !isKnown) continue;
        const principal = { ...question.principal, tenant: 'acme', operator: undefined };
        const asking = { ...question, principal, resource: { type, path }, credential: { kind: 'pat' } };
        for (const subject of subjectsOf(question)) await enforcer.addGroupingPolicy(`caller-${n}`, subject);
        const expected = enforcer.enforceSync(`caller-${n}`, `${type}:${path}`, action);
        const { allowed } = decide(snapshot, asking);
        expect([allowed, asking]).toEqual([expected, asking]);
        seen.compared += 1;
        if (allowed) seen.allowed += 1;
      }
    }),
    { numRuns: POLICIES, endOnFailure: true },
  );
  console.info('as casbin:', seen);
  expect(seen.compared).toBeGreaterThan((POLICIES * REQUESTS_PER_POLICY) / 2);
  expect(seen.allowed).toBeGreaterThan(seen.compared / 20);
}, 120_000);
