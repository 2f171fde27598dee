import type { ResourceView } from '../conditions/resource-view.js';
import { decide } from '../deciding/decide.js';
import type { Circumstances, Principal, Resource } from '../request.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';
import { actionIdOf, isAbout } from '../statements/action-ids.js';
import type { SubjectGrants } from '../statements/grant.js';
import { reaches } from '../statements/row.js';
import { askedOperations } from '../deciding/asked-operations.js';

/** The circumstances of a question about the present. Without `operation`: any by which the action may come. */
export type AskedCircumstances = Omit<Circumstances, 'operation'> & { readonly operation?: string | undefined };

/** What somebody is asked to be able to do. */
export type WhoCanQuestion = {
  readonly action: string;
  readonly resource: Resource;
  readonly request: AskedCircumstances;
};

/** Bounds of one page; `examinedMax` is how many are looked at, found or not. */
export type PageBounds = { readonly limit: number; readonly examinedMax: number };

/** Somebody who can, and the statements that let them. */
export type Holder = { readonly principal: Principal; readonly statements: readonly string[] };

/** `last` is the last principal that was looked at, where the page ended before all of them were. */
export type WhoCanPage = { readonly found: readonly Holder[]; readonly last: Principal | undefined };

/**
 * Those of the principals for whom `decide` allows the action, in the order given. Principals that no statement could let
 * in are passed over by the snapshot's index. It is their own reach, by no key: what conditions read of a credential is
 * missing. Never throws.
 */
export function whoCan(
  snapshot: TenantSnapshot,
  principals: Iterable<Principal>,
  question: WhoCanQuestion,
  { limit, examinedMax }: PageBounds,
): WhoCanPage {
  const found: Holder[] = [];
  const may = reachTo(snapshot, question);
  let left = examinedMax;
  let last: Principal | undefined;
  for (const principal of principals) {
    if (found.length >= limit || left-- <= 0) return { found, last };
    const statements = may(principal);
    if (statements) found.push({ principal, statements });
    last = principal;
  }
  return { found, last: undefined };
}

function reachTo(snapshot: TenantSnapshot, { action, resource, request }: WhoCanQuestion) {
  const id = actionIdOf(action);
  if (id === undefined || !isAbout(id, resource.type)) return () => undefined;
  const { catalogue, grants, tagged } = snapshot.compiled;
  const model = resource.type === 'model' ? catalogue.find(resource.path) : undefined;
  const holders = holdersOf(snapshot, id, model ?? tagged.view(resource, snapshot.tenant));
  const operations = request.operation === undefined ? askedOperations(snapshot, id, model) : [request.operation];
  return (principal: Principal): readonly string[] | undefined => {
    let isCandidate = principal.operator === true;
    if (!isCandidate) grants.visit(principal, (held) => (isCandidate ||= holders.has(held)));
    if (!isCandidate) return undefined;
    for (const operation of operations) {
      const circumstances = { ...request, operation };
      const asking = { principal, action, resource, credential: { kind: 'none' }, request: circumstances };
      const { allowed, statements } = decide(snapshot, asking);
      if (allowed) return statements;
    }
    return undefined;
  };
}

/** Subjects that hold some allow which reaches the resource, whatever its conditions. */
function holdersOf({ compiled }: TenantSnapshot, action: number, resource: ResourceView): ReadonlySet<SubjectGrants> {
  const holders = new Set<SubjectGrants>();
  for (const [, held] of compiled.grants.entries()) {
    if (held.termsFor(action).some(({ terms }) => !terms.deny && reaches(terms, resource))) holders.add(held);
  }
  return holders;
}
