import {
  actionNames,
  actions,
  actionsMatching,
  type Action,
  type Invariant,
  type Never,
  type PolicyTest,
} from '#libs/policy-language';
import { readPatterns } from '../statements/read-patterns.js';
import { reachesPath } from '../statements/row.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';
import type { DecisionBudget } from './decision-budget.js';
import { ExampleResources, type ExampleResource } from './example-resources.js';
import { isNewAccess } from './new-access.js';
import { meantBy, peopleOf, type Person } from './people.js';
import { openAllows } from './possible-access.js';
import { accessIn, operationsFor, type Question } from './present-access.js';
import type { PolicyTestInput } from './policy-test-input.js';
import { shownFailures, type TestResult } from './report.js';

/** Checks what must hold for everybody and everything; `input.principals` are people besides those that documents name. */
export function runInvariants(
  input: PolicyTestInput,
  { invariants = [], options }: PolicyTest,
  budget: DecisionBudget,
): readonly TestResult[] {
  const timeMs = options?.now === undefined ? input.nowMs : Date.parse(options.now);
  return invariants.map((invariant) => {
    const asking = 'never' in invariant ? never(input, invariant.never) : noNew(input);
    const { decisions, failures } = asking ? check(asking, timeMs, budget) : { decisions: 0, failures: [UNKNOWN] };
    return { name: nameOf(invariant), passed: failures.length === 0, decisions, failures: shownFailures(failures) };
  });
}

const UNKNOWN = 'what is in force is not known here, so that it cannot be shown';

function nameOf(invariant: Invariant): string {
  if (!('never' in invariant)) return 'nobody may do more than the set in force lets them';
  const { subjects, actions, resources } = invariant.never;
  return `never: ${subjects.join(', ')} ${actions.join(', ')}${resources ? ` on ${resources.join(', ')}` : ''}`;
}

/** What an invariant is checked over; `violation` answers the statement to blame. */
type Asking = {
  readonly snapshots: readonly [TenantSnapshot, ...TenantSnapshot[]];
  readonly people: readonly Person[];
  readonly concerned: ReadonlySet<Action>;
  readonly examples: ExampleResources;
  readonly violation: (question: Question) => string | undefined;
};

function never({ snapshot, principals = [] }: PolicyTestInput, { subjects, actions, resources }: Never): Asking {
  const patterns = resources && readPatterns(resources);
  const isMeant = ({ resource }: ExampleResource) => {
    if (!patterns) return true;
    const view = snapshot.model(resource.path) ?? snapshot.compiled.tagged.view(resource, snapshot.tenant);
    return reachesPath([patterns], view);
  };
  return {
    snapshots: [snapshot],
    people: meantBy(subjects, peopleOf([snapshot], principals)),
    concerned: new Set(actions.flatMap((pattern) => actionsMatching(pattern))),
    examples: new ExampleResources([snapshot], patterns),
    violation: (question) => (isMeant(question.example) ? openAllows(accessIn(snapshot, question))[0]?.id : undefined),
  };
}

function noNew({ snapshot, current, principals = [] }: PolicyTestInput): Asking | undefined {
  if (!current) return undefined;
  const snapshots = [snapshot, current] as const;
  return {
    snapshots: [snapshot, current],
    people: peopleOf(snapshots, principals),
    concerned: new Set(actionNames),
    examples: new ExampleResources(snapshots),
    violation: (question) => isNewAccess(accessIn(current, question), accessIn(snapshot, question)),
  };
}

/** Asks everything of everybody. */
function check({ snapshots, people, concerned, examples, violation }: Asking, timeMs: number, budget: DecisionBudget) {
  const failures = new Set<string>();
  let decisions = 0;
  for (const person of people) {
    for (const action of concerned) {
      if (actions[action].operatorOnly || !mayHold(snapshots[0], person, action)) continue;
      for (const example of examples.of(action)) {
        for (const operation of operationsFor(snapshots, action, example)) {
          if (!budget.take()) return { decisions, failures: [...failures, budget.exhausted] };
          decisions += 1;
          const by = violation({ person, action, example, operation, timeMs });
          const { type, path } = example.resource;
          if (by !== undefined) failures.add(`${person.who} could ${action} ${type}:${path} by ${by}`);
        }
      }
    }
  }
  return { decisions, failures: [...failures] };
}

/** Most people hold few actions: the rest need no question. */
function mayHold(snapshot: TenantSnapshot, { principal }: Person, action: Action): boolean {
  const id = actionNames.indexOf(action);
  let isHeld = false;
  snapshot.compiled.grants.visit(principal, (held) => {
    isHeld ||= held.termsFor(id).some(({ terms }) => !terms.deny);
  });
  return isHeld;
}
