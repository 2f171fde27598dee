import { actionNames, actions, resourceTypes, type Action, type ResourcePattern } from '#libs/policy-language';
import { knownResources } from '../reach/known-resources.js';
import type { Resource } from '../request.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';
import type { Row } from '../statements/row.js';

/** A resource to ask about; `isDescribed`: a document says all of its attributes. */
export type ExampleResource = { readonly resource: Resource; readonly isDescribed: boolean };

const DESCRIBED: ReadonlySet<string> = new Set(['model', 'prompt', 'route', 'mcp-server']);

/**
 * What an action may be about: every model and every document there is, and for what no document describes (keys,
 * people, what is made later) one example of each pattern that some statement, boundary or invariant names.
 */
export class ExampleResources {
  private readonly byAction = new Map<Action, readonly ExampleResource[]>();

  constructor(
    private readonly snapshots: readonly TenantSnapshot[],
    private readonly also: readonly ResourcePattern[] = [],
  ) {}

  of(action: Action): readonly ExampleResource[] {
    const known = this.byAction.get(action);
    if (known) return known;
    const made = this.make(action);
    this.byAction.set(action, made);
    return made;
  }

  private make(action: Action): readonly ExampleResource[] {
    const { type } = actions[action];
    const found = new Map<string, ExampleResource>();
    if (type !== 'model') {
      for (const pattern of [...this.also, ...this.snapshots.flatMap((each) => patternsFor(each, action))]) {
        if (pattern.type !== undefined && pattern.type !== type) continue;
        const path = pattern.type === undefined ? anyPath(type) : pattern.glob.source.replaceAll(/\*+/g, 'any');
        found.set(path, { resource: { type, path }, isDescribed: false });
      }
    }
    for (const snapshot of this.snapshots) {
      for (const resource of knownResources(snapshot, type)) {
        found.set(resource.path, { resource, isDescribed: DESCRIBED.has(type) && resource.tenant !== undefined });
      }
    }
    return [...found.values()];
  }
}

const anyPath = (type: keyof typeof resourceTypes) => (resourceTypes[type].segments === 1 ? 'any' : 'any/any');

function patternsFor({ compiled: { grants, boundaries } }: TenantSnapshot, action: Action): readonly ResourcePattern[] {
  const id = actionNames.indexOf(action);
  const patterns = new Set<ResourcePattern>();
  const take = (rows: readonly Row[]) => {
    for (const { actions: concerned, terms } of rows) {
      if (concerned.includes(id)) for (const pattern of terms.reach.flat()) patterns.add(pattern);
    }
  };
  for (const [, held] of grants.entries()) take(held.rowsFor(id));
  for (const [, held] of boundaries.entries()) for (const { rows } of held) take(rows);
  return [...patterns];
}
