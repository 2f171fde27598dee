import type { CompiledCondition } from '../conditions/compile-condition.js';
import { evaluateCondition, FALSE, TRUE, UNTOLD, untoldFor } from '../conditions/evaluate-condition.js';
import type { ResourceView } from '../conditions/resource-view.js';
import type { Decision } from '../decision.js';
import type { AccessRequest } from '../request.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';
import { actionIdOf } from '../statements/action-ids.js';
import { reaches, type Row } from '../statements/row.js';
import { decide } from './decide.js';

/** An allow that would have let the request in, but for `because`. */
export type NearMiss = { readonly statement: string; readonly because: string };

/** A decision with what nearly made it another, and the revisions it rests on. */
export type Explanation = Decision & {
  readonly nearMisses: readonly NearMiss[];
  readonly policyRevision: number;
  readonly platformRevision: number;
  readonly engineVersion: string;
};

const NEAR_MISSES_MAX = 3;
/** Rows looked at for one explanation; it is for people, who wait, but not without end. */
const ROWS_EXAMINED_MAX = 20_000;

/** Decides, and for a refusal names up to three allows that came near, the nearest first. Not for the request path. */
export function explain(snapshot: TenantSnapshot, request: AccessRequest): Explanation {
  const { policyRevision, platformRevision, engineVersion } = snapshot;
  const decision = decide(snapshot, request);
  const nearMisses = decision.allowed ? [] : nearestAllows(snapshot, request);
  return { ...decision, nearMisses, policyRevision, platformRevision, engineVersion };
}

type Candidate = NearMiss & { readonly distance: number };

function nearestAllows(snapshot: TenantSnapshot, request: AccessRequest): readonly NearMiss[] {
  const action = actionIdOf(request.action);
  const { catalogue, tagged, grants } = snapshot.compiled;
  const { resource: asked, principal } = request;
  const model = asked.type === 'model' ? catalogue.find(asked.path) : undefined;
  // Another tenant's affairs, and models that do not exist, have no near misses.
  if (action === undefined || principal.tenant !== snapshot.tenant || (asked.type === 'model' && !model)) return [];
  const resource = model ?? tagged.view(asked, snapshot.tenant);
  const own = new Set<Row>();
  grants.visit(principal, (held) => {
    for (const { rows } of held.grants()) for (const row of rows) own.add(row);
  });
  const candidates = [...own].flatMap((row) => missOf(row, action, request, resource));
  let left = ROWS_EXAMINED_MAX - own.size;
  for (const [subject, held] of grants.entries()) {
    for (const { rows } of held.grants()) {
      for (const row of rows) {
        if (left-- <= 0) return nearest(candidates);
        if (!own.has(row)) candidates.push(...missOfOthers(row, subject, action, request, resource));
      }
    }
  }
  return nearest(candidates);
}

function nearest(candidates: readonly Candidate[]): readonly NearMiss[] {
  const ordered = candidates.toSorted((a, b) => a.distance - b.distance || (a.statement < b.statement ? -1 : 1));
  const byStatement = new Map<string, NearMiss>();
  for (const { statement, because } of ordered) {
    if (byStatement.size >= NEAR_MISSES_MAX) break;
    if (!byStatement.has(statement)) byStatement.set(statement, { statement, because });
  }
  return [...byStatement.values()];
}

/** A statement that the principal holds: what keeps it from matching, the fewer the nearer. */
function missOf(row: Row, action: number, request: AccessRequest, resource: ResourceView): Candidate[] {
  if (row.terms.deny) return [];
  const isAction = row.actions.includes(action);
  const isReached = reaches(row.terms, resource);
  if (!isAction && !isReached) return [];
  const unmet = unmetConditions(row, request, resource);
  const reasons = [
    ...(isAction ? [] : [`it does not name ${request.action}`]),
    ...(isReached ? [] : [`it does not reach ${resource.type}:${resource.path}`]),
    ...(row.terms.expiresAtMs <= request.request.timeMs
      ? [`its binding ended ${new Date(row.terms.expiresAtMs).toISOString()}`]
      : []),
    ...unmet,
  ];
  if (reasons.length === 0) return [];
  const distance = unmet.length + (isAction ? 0 : 4) + (isReached ? 0 : 2) + 1;
  return [{ statement: row.id, because: reasons.join('; '), distance }];
}

/** A statement that would match, if it were the principal's. */
function missOfOthers(
  row: Row,
  subject: string,
  action: number,
  request: AccessRequest,
  resource: ResourceView,
): Candidate[] {
  if (row.terms.deny || !row.actions.includes(action) || !reaches(row.terms, resource)) return [];
  if (row.terms.expiresAtMs <= request.request.timeMs || unmetConditions(row, request, resource).length > 0) return [];
  return [{ statement: row.id, because: `it is granted to ${subject}`, distance: 10 }];
}

function unmetConditions({ terms: { conditions } }: Row, request: AccessRequest, resource: ResourceView): string[] {
  const describe = (condition: CompiledCondition, wanted: typeof TRUE | typeof FALSE) => {
    const outcome = evaluateCondition(condition, request, resource);
    if (outcome === wanted) return [];
    if (outcome === UNTOLD) return [`${untoldFor(condition, request, resource)} is missing`];
    return [`${condition.attr} ${wanted === TRUE ? 'does not meet' : 'meets'} "${condition.operator}"`];
  };
  return [
    ...conditions.when.flatMap((condition) => describe(condition, TRUE)),
    ...conditions.unless.flatMap((condition) => describe(condition, FALSE)),
  ];
}
