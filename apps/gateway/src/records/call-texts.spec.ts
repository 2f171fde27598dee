import type { Authenticated } from '#libs/access';
import { AccessDecided } from '#libs/contracts';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Reached } from '../pipeline/exchange.js';
import { completedText, decidedText } from './call-texts.js';
import { decidedRecord, type Verdict } from './decided-record.js';

const callers = ['user_1', 'user_2'].map(
  (principalId) =>
    ({
      ok: true,
      tenantId: 'acme',
      principalId,
      principalKind: 'user',
      operator: false,
      keyId: 'abcdefghijkl',
      keyKind: 'pat',
      authMethod: 'api_key',
      principal: { id: principalId, kind: 'user', tenant: 'acme', teams: [], groups: [], labels: {} },
      restrictions: undefined,
      keyLabels: {},
      issuedAtMs: 1_795_000_000_000,
      appliedRules: [],
    }) as unknown as Authenticated,
);

const few = <Value>(...values: readonly Value[]) => fc.constantFrom(...values);
/** Hostile where a caller chooses. */
const text = few('', 'plain', '"decision_id":"', '\\"}', 'ä\u2028\u0000', 'gh_', 'a@b.example');

/** Requests that may differ in anything that a record says. */
const requests = fc.record({
  caller: few(...callers),
  ip: few('203.0.113.9', '2001:db8::1'),
  userAgent: text,
  atMs: fc.integer({ min: 0, max: 4e12 }),
  decisionId: fc.uuid({ version: 7 }),
  requestId: text,
  path: few('/v1/chat/completions', '/api/llm/chat/completions', '/v1/embeddings'),
  operation: few('chat', 'embeddings'),
  model: few('main/gpt', 'main/alias'),
  resolved: few('main/gpt', 'other/gpt'),
  environment: few('production', 'staging'),
  metadata: fc.dictionary(text, text, { maxKeys: 2, noNullPrototype: true }),
  overruled: few(undefined, undefined, { project: 'apollo' }, { project: 'gh_', 'a@b.example': 'x' }),
  revisions: fc.tuple(few(0, 7), few(0, 2)),
  statements: few(['a/b'], ['a/b', 'c/d'], ['c/d', 'a/b'], []),
  boundaries: few([], ['own-models-only']),
  staleMs: few(0, 12),
  reason: few<Verdict['reason']>('granted', 'downgraded'),
  prompt: few(undefined, 'Prompt/greeting', 'Prompt/other'),
  limitRules: few(undefined, [], ['Limits/a/b'], ['Limits/a/b', 'Limits/a/c']),
  identityPosition: few(0, 40),
});
type Asked = typeof requests extends fc.Arbitrary<infer Value> ? Value : never;

function stateOf(asked: Asked): Reached {
  const { operation, model, resolved, environment, metadata, revisions, statements, boundaries, ...rest } = asked;
  const [policyRevision, platformRevision] = revisions;
  const state = {
    ...rest,
    request: { method: 'POST', url: asked.path },
    route: { operation, action: 'model:invoke' },
    pathModel: null,
    call: { model },
    metadata,
    snapshot: { policyRevision, platformRevision },
    model: { name: resolved, account: resolved.split('/')[0], environment },
    decision: { allowed: true, statements, boundaries },
  };
  return state as unknown as Reached;
}

const verdictOf = ({ reason, identityPosition }: Asked): Verdict => ({
  outcome: 'allow',
  code: '',
  reason,
  httpStatus: 200,
  identityPosition,
});

it('says of every call what a record made from nothing says, whatever call it differs from in one thing', () => {
  fc.assert(
    fc.property(requests, requests, (one, other) => {
      const calls = Object.keys(one).map((key) => ({ ...one, [key]: other[key as keyof Asked] }));
      for (const asked of [one, ...calls, one]) {
        const { json } = decidedText(stateOf(asked), verdictOf(asked));
        const record: unknown = JSON.parse(json);
        expect(record).toEqual(JSON.parse(JSON.stringify(decidedRecord(stateOf(asked), verdictOf(asked)))));
        expect(AccessDecided.safeParse({ ...(record as object), replica: 'gateway-1', boot: 'b', seq: 1 }).error).toBe(
          undefined,
        );
      }
    }),
  );
});

it('has its own decision id before anything that a caller chose', () => {
  fc.assert(
    fc.property(requests, (asked) => {
      const { identity, json } = decidedText(stateOf(asked), verdictOf(asked));
      const end = completedText(identity, { finish_reason: 'stop' } as never);
      for (const text of [json, end]) {
        const at = text.indexOf('"decision_id":"') + '"decision_id":"'.length;
        expect(text.slice(at, at + 36)).toBe(asked.decisionId);
      }
    }),
  );
});
