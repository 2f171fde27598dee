import { operations } from '#libs/policy-language';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { compile, decide, whatCan, whoCan } from '../index.js';
import { policies } from './generated-policy.fixture.js';
import { requests } from './generated-requests.fixture.js';
import { naiveDecide } from './naive-interpreter.fixture.js';
import type { NaivePolicy, NaiveRequest } from './naive-request.fixture.js';

const POLICIES = 20;
const QUESTIONS = 12;
const credential = { kind: 'none' };
const everything = { limit: Number.MAX_SAFE_INTEGER, examinedMax: Number.MAX_SAFE_INTEGER };
const asked = fc.array(requests, { minLength: QUESTIONS, maxLength: QUESTIONS });

const snapshotOf = ({ own, platform }: NaivePolicy) =>
  compile({ tenant: 'acme', documents: own, platformDocuments: platform, policyRevision: 1, platformRevision: 1 });

it('names exactly those for whom the naive interpreter allows, among all who are asked about', () => {
  let compared = 0;
  let holders = 0;
  fc.assert(
    fc.property(policies, asked, (generated, questions) => {
      const policy = { tenant: 'acme', ...generated };
      const snapshot = snapshotOf(policy);
      const principals = questions.map(({ principal }) => principal);
      for (const question of questions) {
        const { action, resource, request } = question;
        const { found, last } = whoCan(snapshot, principals, { action, resource, request }, everything);
        const allowing = principals.filter(
          (principal) => naiveDecide(policy, { principal, action, resource, credential, request }).allowed,
        );
        expect(found.map(({ principal }) => principal)).toEqual(allowing);
        expect(last).toBeUndefined();
        compared += principals.length;
        holders += found.length;
      }
    }),
    { numRuns: POLICIES },
  );
  console.info(`who-can: compared ${compared} answers, ${holders} of them allowed`);
  expect(compared).toBe(POLICIES * QUESTIONS * QUESTIONS);
  expect(holders).toBeGreaterThan(100);
}, 120_000);

it('without an operation, names those who can by some operation', () => {
  fc.assert(
    fc.property(policies, asked, (generated, questions) => {
      const snapshot = snapshotOf({ tenant: 'acme', ...generated });
      const models = new Set(snapshot.models.map(({ path }) => path));
      for (const { principal, resource, request } of questions.filter((each) => models.has(each.resource.path))) {
        const { operation: _, ...circumstances } = request;
        const question = { action: 'model:list', resource, request: circumstances };
        const byAny = operations.some((operation) => {
          const asking = { ...question, principal, credential, request: { ...circumstances, operation } };
          return decide(snapshot, asking).allowed;
        });
        expect(whoCan(snapshot, [principal], question, everything).found.length).toBe(byAny ? 1 : 0);
      }
    }),
    { numRuns: POLICIES },
  );
}, 120_000);

it('lists of a principal exactly what the naive interpreter allows on the models and documents in force', () => {
  let compared = 0;
  fc.assert(
    fc.property(policies, requests, (generated, { principal, request }) => {
      const policy = { tenant: 'acme', ...generated };
      const snapshot = snapshotOf(policy);
      const { found } = whatCan(snapshot, principal, request, everything);
      const listed = new Set(found.map(({ action, resource }) => `${action} ${resource}`));
      for (const { path } of snapshot.models) {
        for (const action of ['model:invoke', 'model:list']) {
          const asking: NaiveRequest = { principal, action, resource: { type: 'model', path }, credential, request };
          expect(listed.has(`${action} model:${path}`)).toBe(naiveDecide(policy, asking).allowed);
          compared++;
        }
      }
      for (const { kind, metadata } of generated.own) {
        const resource = { type: 'policy', path: `${kind}/${metadata.name}` };
        const asking: NaiveRequest = { principal, action: 'policy:apply', resource, credential, request };
        expect(listed.has(`policy:apply policy:${resource.path}`)).toBe(naiveDecide(policy, asking).allowed);
        compared++;
      }
    }),
    { numRuns: POLICIES },
  );
  console.info(`what-can: compared ${compared} answers`);
  expect(compared).toBeGreaterThan(300);
}, 120_000);
