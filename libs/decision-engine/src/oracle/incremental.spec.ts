import { documentId, type PolicyDocument } from '#libs/policy-language';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  compile,
  CompileError,
  decide,
  documentSet,
  type AccessRequest,
  type Decision,
  type TenantSnapshot,
} from '../index.js';
import { policies } from './generated-policy.fixture.js';
import { requests } from './generated-requests.fixture.js';
import { naiveDecide } from './naive-interpreter.fixture.js';

/** Raise it by hand for a long run. */
const HISTORIES = 40;
const REVISIONS = 8;
const REQUESTS = 12;

/** What one revision does to the two sets: puts and takes out single documents of another policy. */
const step = fc.record({
  policy: policies,
  puts: fc.array(fc.nat(60), { maxLength: 4 }),
  deletions: fc.array(fc.nat(60), { maxLength: 2 }),
  ofPlatform: fc.boolean(),
});

type Step = ReturnType<(typeof step)['generate']>['value'];
type Sets = { own: readonly PolicyDocument[]; platform: readonly PolicyDocument[] };

function after(sets: Sets, { policy, puts, deletions, ofPlatform }: Step): Sets {
  const which = ofPlatform ? 'platform' : 'own';
  const set = new Map(sets[which].map((document) => [documentId(document), document]));
  const at = (list: readonly PolicyDocument[], index: number) => list[index % Math.max(1, list.length)];
  for (const index of deletions) {
    const gone = at(sets[which], index);
    if (gone) set.delete(documentId(gone));
  }
  for (const index of puts) {
    const put = at(policy[which], index);
    if (put) set.set(documentId(put), put);
  }
  return { ...sets, [which]: [...set.values()] };
}

it('decides after any history of revisions as if each set had been compiled by itself, and earlier snapshots as before', () => {
  const seen = { revisions: 0, refused: 0, compared: 0 };
  const asked = fc.array(requests, { minLength: REQUESTS, maxLength: REQUESTS });
  fc.assert(
    fc.property(
      policies,
      fc.array(step, { minLength: REVISIONS, maxLength: REVISIONS }),
      asked,
      (first, steps, all) => {
        const questions = all.map(({ credential: { restrictions: _, details: __, ...credential }, ...rest }) => ({
          ...rest,
          credential,
        }));
        let sets: Sets = first;
        let [own, platform] = [documentSet(first.own), documentSet(first.platform)];
        const compiled = (former?: TenantSnapshot) => {
          const revisions = { policyRevision: seen.revisions, platformRevision: 1 };
          return compile({ tenant: 'acme', documents: own, platformDocuments: platform, ...revisions }, former);
        };
        let snapshot = compiled();
        const history: [TenantSnapshot, string][] = [];
        for (const next of steps) {
          sets = after(sets, next);
          own = edited(own, sets.own);
          platform = edited(platform, sets.platform);
          try {
            snapshot = compiled(snapshot);
          } catch (error) {
            // A binding lost its role: the snapshot before it is what a later revision goes on from.
            if (!(error instanceof CompileError)) throw error;
            seen.refused += 1;
            continue;
          }
          seen.revisions += 1;
          const answers = answersOf(snapshot, questions);
          const expected = questions.map((question) => naiveDecide({ tenant: 'acme', ...sets }, question));
          expect(answers.map(comparable)).toEqual(expected.map(comparable));
          seen.compared += questions.length;
          history.push([snapshot, JSON.stringify(answers)]);
        }
        for (const [former, answers] of history) expect(JSON.stringify(answersOf(former, questions))).toBe(answers);
      },
    ),
    { numRuns: HISTORIES },
  );
  console.info('histories of revisions:', seen);
  expect(seen.compared).toBeGreaterThan(HISTORIES * REQUESTS);
  expect(seen.refused).toBeGreaterThan(0);
}, 120_000);

const answersOf = (snapshot: TenantSnapshot, questions: readonly AccessRequest[]) =>
  questions.map((question) => decide(snapshot, question));

const comparable = ({ allowed, code, reason, statements, boundaries }: Decision | ReturnType<typeof naiveDecide>) => ({
  allowed,
  code,
  reason,
  statements,
  boundaries,
});

/** The set with these documents, sharing what it can with the one before it. */
function edited(set: ReturnType<typeof documentSet>, documents: readonly PolicyDocument[]) {
  const wanted = new Map(documents.map((document) => [documentId(document), document]));
  const edit = set.begin();
  for (const [id] of set.entries()) if (!wanted.has(id)) edit.delete(id);
  for (const [id, document] of wanted) if (set.get(id) !== document) edit.set(id, document);
  return edit.done();
}
