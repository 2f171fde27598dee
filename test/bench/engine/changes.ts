import { compile, decide, documentSet } from '#libs/decision-engine';
import { catalogue, document, rolesAndBindings, scenario } from './policies.js';

const CHANGES = 200;

/** Microseconds on the clock: the processor's own time is told in steps of milliseconds. `firstUs`: a caller's next decision. */
export type ChangeFigures = {
  readonly policies: number;
  readonly changed: string;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly firstUs: number;
};

/** What a revision of one document costs among many, and what all of them cost at once. */
export function measureChanges(policies: number): readonly ChangeFigures[] {
  const teams = Math.max(1, policies / 10);
  const makers = {
    'one binding': (n: number) => {
      const subjects = [`team:team-${(n * 7 + 1) % teams}`];
      return document('RoleBinding', { name: `binding-${n}` }, { subjects, roles: [`role-${n}`] });
    },
    'one role': (n: number) => {
      const use = { actions: ['model:invoke'], resources: [`model:account-${n % 20}/*`] };
      return document('Role', { name: `role-${n}` }, { statements: [{ id: 'use', effect: 'allow', ...use }] });
    },
    'one tag of a model': (n: number) => {
      const tags = { env: 'staging', tier: n % 2 ? 'premium' : 'economy' };
      return document('Model', { name: `account-${n % 20}/model-0`, tags }, { upstreamModel: 'm', types: ['chat'] });
    },
  };
  const [asked] = scenario(100, 'teams').requests;
  let documents = documentSet([...catalogue(), ...rolesAndBindings(policies, teams)]);
  const revisions = { policyRevision: 1, platformRevision: 0 };
  const compiled = (former?: ReturnType<typeof compile>) =>
    compile({ tenant: 'acme', documents, platformDocuments: [], ...revisions }, former);
  const begun = performance.now();
  let snapshot = compiled();
  const whole = (performance.now() - begun) * 1_000;
  const found = Object.entries(makers).map(([changed, make]) => {
    const [costs, firsts]: [number[], number[]] = [[], []];
    for (let n = 0; n < CHANGES; n++) {
      const made = make(n % policies);
      const before = performance.now();
      documents = documents.set(`${made.kind}/${made.metadata.name}`, made);
      snapshot = compiled(snapshot);
      const after = performance.now();
      if (asked) decide(snapshot, asked);
      costs.push((after - before) * 1_000);
      firsts.push((performance.now() - after) * 1_000);
    }
    const at = (list: number[], share: number) => list.toSorted((a, b) => a - b)[Math.floor(list.length * share)] ?? 0;
    return { policies, changed, p50Us: at(costs, 0.5), p99Us: at(costs, 0.99), firstUs: at(firsts, 0.5) };
  });
  return [...found, { policies, changed: 'everything, from nothing', p50Us: whole, p99Us: whole, firstUs: Number.NaN }];
}
