import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import { actions, isAction } from '#libs/policy-language';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { compile, decide, type TenantSnapshot } from '../index.js';
import { cedarCall, cedarPolicies } from './cedar-translation.fixture.js';
import { policies } from './generated-policy.fixture.js';
import { requests } from './generated-requests.fixture.js';
import type { NaiveRequest, NaiveResource } from './naive-request.fixture.js';

/** Raise them by hand for a long run. */
const POLICIES = 30;
const REQUESTS_PER_POLICY = 60;
const asked = fc.array(requests, { minLength: REQUESTS_PER_POLICY, maxLength: REQUESTS_PER_POLICY });

/** What both can express: a principal of the tenant, by a key without narrowing, on a resource of the action's type. */
function shared({ principal, credential, resource, ...rest }: NaiveRequest): NaiveRequest {
  const { kind, labels, ageDays } = credential;
  return {
    ...rest,
    principal: { ...principal, tenant: 'acme', operator: undefined },
    credential: { kind: kind === 'svc' ? 'pat' : kind, labels, ageDays },
    resource: { ...resource, tenant: undefined },
  };
}

/** The attributes from the catalogue where there is one; undefined where both cannot be asked. */
function resourceOf(snapshot: TenantSnapshot, { action, resource }: NaiveRequest): NaiveResource | undefined {
  if (!isAction(action) || actions[action].type !== resource.type) return undefined;
  const { type, path, tags = {}, owner } = resource;
  const model = type === 'model' ? snapshot.model(path) : { path, name: path, tenant: 'acme', tags, owner };
  return model && (JSON.parse(JSON.stringify({ ...model, type, id: undefined, cost: undefined })) as NaiveResource);
}

it('decides as Cedar does on the same policies, translated', () => {
  const seen = { compared: 0, allowed: 0, policies: 0 };
  fc.assert(
    fc.property(policies, asked, (generated, questions) => {
      const { own, platform } = generated;
      const revisions = { policyRevision: 1, platformRevision: 1 };
      const snapshot = compile({ tenant: 'acme', documents: own, platformDocuments: platform, ...revisions });
      const staticPolicies = cedarPolicies({ tenant: 'acme', own, platform });
      expect(preparsePolicySet('generated', { staticPolicies })).toEqual({ type: 'success' });
      seen.policies += 1;
      for (const request of questions.map(shared)) {
        const resource = resourceOf(snapshot, request);
        if (!resource) continue;
        const answer = statefulIsAuthorized(cedarCall(request, resource, 'generated'));
        if (answer.type !== 'success') throw new Error(JSON.stringify(answer.errors));
        expect(answer.response.diagnostics.errors).toEqual([]);
        const { allowed } = decide(snapshot, {
          ...request,
          credential: { ...request.credential, restrictions: undefined, details: undefined },
        });
        expect([allowed ? 'allow' : 'deny', request]).toEqual([answer.response.decision, request]);
        seen.compared += 1;
        if (allowed) seen.allowed += 1;
      }
    }),
    { numRuns: POLICIES, endOnFailure: true },
  );
  console.info('as Cedar:', seen);
  expect(seen.compared).toBeGreaterThan((POLICIES * REQUESTS_PER_POLICY) / 2);
  expect(seen.allowed).toBeGreaterThan(seen.compared / 20);
}, 120_000);
