import { actionNames, type Action } from '#libs/policy-language';
import { askedOperations } from '../deciding/asked-operations.js';
import { isWithin } from '../deciding/tenancy.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';
import type { ExampleResource } from './example-resources.js';
import type { Person } from './people.js';
import { possibleAccess, type PossibleAccess } from './possible-access.js';

const NOTHING: PossibleAccess = { allows: [], denies: [], ceilings: [] };

/** One thing that one person is asked about. */
export type Question = {
  readonly person: Person;
  readonly action: Action;
  readonly example: ExampleResource;
  readonly operation: string;
  readonly timeMs: number;
};

/** What of a snapshot's statements bears on a question. */
export function accessIn(snapshot: TenantSnapshot, question: Question): PossibleAccess {
  const { person, action, example, operation, timeMs } = question;
  const { resource: asked, isDescribed } = example;
  const { catalogue, tagged } = snapshot.compiled;
  const model = asked.type === 'model' ? catalogue.find(asked.path) : undefined;
  const id = actionNames.indexOf(action);
  if (asked.type === 'model' && !model) return NOTHING;
  // A model without an environment cannot be called, whoever may.
  if (action === 'model:invoke' && model?.environment === undefined) return NOTHING;
  const resource = model ?? tagged.view(asked, snapshot.tenant);
  if (!model && !isWithin(snapshot.tenant, id, resource)) return NOTHING;
  const request = {
    principal: person.principal,
    action,
    resource: asked,
    credential: { kind: 'none' },
    request: { operation, timeMs },
  };
  const settled = { resource, isDescribed, request, isKnown: person.isKnown };
  return possibleAccess(snapshot.compiled, { action: id, ...settled });
}

/** The operations by which somebody may come with an action, in any of the snapshots. */
export function operationsFor(
  snapshots: readonly TenantSnapshot[],
  action: Action,
  { resource }: ExampleResource,
): ReadonlySet<string> {
  const id = actionNames.indexOf(action);
  const found = snapshots.flatMap((snapshot) => {
    const model = resource.type === 'model' ? snapshot.model(resource.path) : undefined;
    return askedOperations(snapshot, id, model);
  });
  return new Set(found);
}
