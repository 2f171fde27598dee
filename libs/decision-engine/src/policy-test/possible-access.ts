import type { CompiledCondition } from '../conditions/compile-condition.js';
import { evaluateCondition, FALSE, TRUE } from '../conditions/evaluate-condition.js';
import type { ResourceView } from '../conditions/resource-view.js';
import type { AccessRequest } from '../request.js';
import type { Compiled } from '../snapshot/tenant-snapshot.js';
import { reaches, type Row } from '../statements/row.js';

/** A statement that may match, with what of its conditions depends on a request that nobody has made yet. */
export type Alternative = { readonly id: string; readonly open: ReadonlySet<string>; readonly expiresAtMs: number };

/** All that could let a principal do something to a resource, or keep them from it. */
export type PossibleAccess = {
  readonly allows: readonly Alternative[];
  readonly denies: readonly Alternative[];
  readonly ceilings: readonly (readonly Alternative[])[];
};

/** Who asks for what; `isKnown` tells whether their teams and labels are, and so are settled. */
export type PossibleQuestion = {
  readonly action: number;
  readonly resource: ResourceView;
  /** Whether the resource's attributes are those of a document, and so are settled. */
  readonly isDescribed: boolean;
  readonly request: AccessRequest;
  readonly isKnown: boolean;
};

/** Looks at every statement of the principal; conditions on what is known now are settled, all others are left open. */
export function possibleAccess({ grants, boundaries }: Compiled, question: PossibleQuestion): PossibleAccess {
  const allows = new Map<Row, Alternative>();
  const denies = new Map<Row, Alternative>();
  const { action, resource, request } = question;
  grants.visit(request.principal, (held) => {
    for (const row of held.rowsFor(action)) {
      const { deny, expiresAtMs } = row.terms;
      if (!reaches(row.terms, resource) || expiresAtMs <= request.request.timeMs) continue;
      const alternative = deny ? denying(row, question) : allowing(row, question);
      if (alternative) (deny ? denies : allows).set(row, alternative);
    }
  });
  const ceilings: (readonly Alternative[])[] = [];
  boundaries.visit(request.principal, (applying) => {
    for (const { rows } of applying) {
      const concerning = rows.filter((row) => row.actions.includes(action) && reaches(row.terms, resource));
      ceilings.push(concerning.flatMap((row) => allowing(row, question) ?? []));
    }
  });
  return { allows: [...allows.values()], denies: [...denies.values()], ceilings };
}

/** Allows that no deny surely takes back, under ceilings that leave some way; empty where nothing can let them in. */
export function openAllows({ allows, denies, ceilings }: PossibleAccess): readonly Alternative[] {
  if (ceilings.some((alternatives) => alternatives.length === 0)) return [];
  return allows.filter((allow) => !denies.some((deny) => isAsWide(deny, allow)));
}

/** Whether `wide` matches whenever `narrow` does. */
export function isAsWide(wide: Alternative, narrow: Alternative): boolean {
  return wide.expiresAtMs >= narrow.expiresAtMs && [...wide.open].every((condition) => narrow.open.has(condition));
}

function allowing(
  { id, terms: { conditions, expiresAtMs } }: Row,
  question: PossibleQuestion,
): Alternative | undefined {
  const open = new Set<string>();
  for (const [conditionsOf, wanted] of [
    [conditions.when, TRUE],
    [conditions.unless, FALSE],
  ] as const) {
    for (const condition of conditionsOf) {
      if (isOpen(condition, question)) open.add(`${wanted} ${keyOf(condition)}`);
      else if (evaluateCondition(condition, question.request, question.resource) !== wanted) return undefined;
    }
  }
  return { id, open, expiresAtMs };
}

/** A deny that meets something missing matches; so only what surely fails is left out. */
function denying({ id, terms: { conditions, expiresAtMs } }: Row, question: PossibleQuestion): Alternative | undefined {
  const open = new Set<string>();
  for (const [conditionsOf, wanted, failing] of [
    [conditions.when, TRUE, FALSE],
    [conditions.unless, FALSE, TRUE],
  ] as const) {
    for (const condition of conditionsOf) {
      if (isOpen(condition, question)) open.add(`${wanted} ${keyOf(condition)}`);
      else if (evaluateCondition(condition, question.request, question.resource) === failing) return undefined;
    }
  }
  return { id, open, expiresAtMs };
}

const ALWAYS_KNOWN = new Set(['principal.id', 'principal.kind', 'principal.tenant', 'request.operation']);
const OF_ANY_RESOURCE = new Set(['resource.tenant']);

function isOpen({ left, ref }: CompiledCondition, { isKnown, isDescribed }: PossibleQuestion): boolean {
  return [left, ...(ref ? [ref] : [])].some(({ name }) => {
    if (name.startsWith('principal.')) return !isKnown && !ALWAYS_KNOWN.has(name);
    if (name.startsWith('resource.')) return !isDescribed && !OF_ANY_RESOURCE.has(name);
    return !ALWAYS_KNOWN.has(name);
  });
}

const keyOf = ({ attr, operator, ref, text, number, wanted, values }: CompiledCondition) =>
  JSON.stringify([attr, operator, ref?.name, ref?.key, text, number, wanted, values.toSorted()]);
