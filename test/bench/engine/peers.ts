import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import { compile, decide } from '#libs/decision-engine';
import { newEnforcer, newModelFromString, StringAdapter } from 'casbin';
import { cerbos, CERBOS_POLICIES_MAX } from './cerbos.js';
import { cpuMicroseconds } from './decisions.js';
import { catalogue, document } from './policies.js';

/** Microseconds of CPU per decision, the middle of the rounds. */
export type PeerFigures = { readonly policies: number; readonly engine: string; readonly cpuUs: number };

type Question = { readonly user: string; readonly team: string; readonly model: string };
type Engine = {
  readonly name: string;
  readonly asked: number;
  may(question: Question): boolean | Promise<boolean>;
  /** Of what decides: this thread, unless it is a process of its own. */
  cpuMicros?(): number;
  stop?(): Promise<void>;
};

/** Decisions that each engine makes in one round: enough for the clock, and not more than one waits for. */
const ASKED = { gatehouse: 200_000, cedar: 200, casbin: 20, cerbos: 1_000 };
const QUESTIONS = 200;
const MODEL = `
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.sub == p.sub && r.act == p.act && r.obj == p.obj
`;

const grantOf = (n: number) => ({ team: `team-${Math.floor(n / 10)}`, model: `account-${n % 20}/model-${n % 10}` });

/**
 * The same plain grants (one team, one model) in each engine, asked the same questions; throws when an answer differs.
 * Rounds of all engines in turn.
 */
export async function measurePeers(policies: number, rounds: number): Promise<readonly PeerFigures[]> {
  const engines: Engine[] = [gatehouse(policies), cedar(policies), await casbin(policies)];
  if (policies <= CERBOS_POLICIES_MAX) engines.push(...(await cerbosEngine(policies)));
  try {
    const questions = questionsOn(policies);
    await compareAnswers(engines, questions);
    const costs = new Map<string, number[]>(engines.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const { name, asked, may, cpuMicros = cpuMicroseconds } of engines) {
        const before = cpuMicros();
        for (let n = 0; n < asked; n++) {
          const answer = may(questions[n % QUESTIONS] as Question);
          if (answer instanceof Promise) await answer;
        }
        costs.get(name)?.push((cpuMicros() - before) / asked);
      }
    }
    return Array.from(costs, ([engine, list]) => {
      return { policies, engine, cpuUs: list.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN };
    });
  } finally {
    for (const { stop } of engines) await stop?.();
  }
}

/** Every third asks for a model of another grant, which the team mostly has not. */
function questionsOn(policies: number): readonly Question[] {
  return Array.from({ length: QUESTIONS }, (_, n) => {
    const { team, model } = grantOf((n * 37) % policies);
    return { user: `user-${n}`, team, model: n % 3 === 0 ? grantOf((n * 53) % policies).model : model };
  });
}

async function compareAnswers(engines: readonly Engine[], questions: readonly Question[]): Promise<void> {
  const [own] = engines;
  for (const { name, asked, may } of engines) {
    for (const question of questions.slice(0, asked)) {
      if ((await may(question)) !== (await own?.may(question)))
        throw new Error(`${name} answers otherwise: ${JSON.stringify(question)}`);
    }
  }
}

async function cerbosEngine(policies: number): Promise<readonly Engine[]> {
  const running = await cerbos(Array.from({ length: policies }, (_, n) => grantOf(n)));
  return running ? [{ name: 'Cerbos (PDP, over HTTP)', asked: ASKED.cerbos, ...running }] : [];
}

function gatehouse(policies: number): Engine {
  const grants = Array.from({ length: policies }, (_, n) => {
    const { team, model } = grantOf(n);
    const use = { id: 'use', effect: 'allow', actions: ['model:invoke'], resources: [`model:${model}`] };
    return [
      document('Role', { name: `role-${n}` }, { statements: [use] }),
      document('RoleBinding', { name: `binding-${n}` }, { subjects: [`team:${team}`], roles: [`role-${n}`] }),
    ];
  });
  const documents = [...catalogue(), ...grants.flat()];
  const snapshot = compile({
    tenant: 'acme',
    documents,
    platformDocuments: [],
    policyRevision: 1,
    platformRevision: 0,
  });
  const may = ({ user, team, model }: Question) =>
    decide(snapshot, {
      principal: { id: user, kind: 'user', tenant: 'acme', teams: [team], groups: [], labels: {} },
      action: 'model:invoke',
      resource: { type: 'model', path: model },
      credential: { kind: 'pat' },
      request: { operation: 'chat', timeMs: 0 },
    }).allowed;
  return { name: 'Gatehouse', asked: ASKED.gatehouse, may };
}

function cedar(policies: number): Engine {
  const id = `bench-${policies}`;
  const staticPolicies = Array.from({ length: policies }, (_, n) => {
    const { team, model } = grantOf(n);
    return `permit(principal in Team::"${team}", action == Action::"invoke", resource == Model::"${model}");`;
  }).join('\n');
  const parsed = preparsePolicySet(id, { staticPolicies });
  if (parsed.type !== 'success') throw new Error(JSON.stringify(parsed.errors));
  const may = ({ user, team, model }: Question) => {
    const principal = { type: 'User', id: user };
    const answer = statefulIsAuthorized({
      principal,
      action: { type: 'Action', id: 'invoke' },
      resource: { type: 'Model', id: model },
      context: {},
      preparsedPolicySetId: id,
      entities: [{ uid: principal, attrs: {}, parents: [{ type: 'Team', id: team }] }],
    });
    if (answer.type !== 'success') throw new Error(JSON.stringify(answer.errors));
    return answer.response.decision === 'allow';
  };
  return { name: 'Cedar (wasm)', asked: ASKED.cedar, may };
}

/** Asked for the team: its own role look-up would be added to what is measured. */
async function casbin(policies: number): Promise<Engine> {
  const lines = Array.from({ length: policies }, (_, n) => {
    const { team, model } = grantOf(n);
    return `p, ${team}, ${model}, invoke`;
  });
  const enforcer = await newEnforcer(newModelFromString(MODEL), new StringAdapter([...new Set(lines)].join('\n')));
  return {
    name: 'casbin',
    asked: ASKED.casbin,
    may: ({ team, model }) => enforcer.enforceSync(team, model, 'invoke'),
  };
}
