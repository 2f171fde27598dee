import type { CompiledBoundary } from '../boundaries/compiled-boundary.js';
import type { CatalogueModel } from '../catalogue/catalogue.js';
import type { Conditions } from '../conditions/conditions.js';
import type { ResourceView } from '../conditions/resource-view.js';
import type { AccessRequest } from '../request.js';
import { firstFew } from '../statements/citations.js';
import type { SharedTerms, SubjectGrants } from '../statements/grant.js';
import { allows, denies, reaches, type Terms } from '../statements/row.js';
import { answerOf, type Answer, type CellContent, type Part } from './answer.js';

/** Distinct outcomes whose answers one cell keeps ready. */
const ANSWERS_MAX = 64;
/** Outcomes of conditions that fit into one small integer; a cell with more makes each answer anew. */
const BITS_MAX = 30;

/**
 * What all of a principal's statements and boundaries say about one action on one resource. What the request cannot
 * change is counted beforehand; of the rest each outcome is one bit, and each combination's answer is made once. Asking
 * again allocates nothing.
 */
export class Cell {
  private readonly parts: readonly Part[];
  private readonly ceilings: CellContent['ceilings'];
  private readonly answers = new Map<number, Answer>();
  private lastOutcome = -1;
  private last: Answer | undefined;

  constructor(private readonly content: CellContent) {
    this.parts = content.parts;
    this.ceilings = content.ceilings;
  }

  answer(request: AccessRequest, resource: ResourceView): Answer {
    const { parts, ceilings } = this;
    if (parts.length + ceilings.length > BITS_MAX) return this.makeAnew(request, resource);
    let outcome = 0;
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i];
      if (part && holds(part, request, resource)) outcome |= 1 << i;
    }
    for (let i = 0; i < ceilings.length; i++) {
      const ceiling = ceilings[i];
      if (ceiling && !isOpen(ceiling.ways, request, resource)) outcome |= 1 << (parts.length + i);
    }
    if (outcome === this.lastOutcome && this.last) return this.last;
    return this.lookUp(outcome, resource.type);
  }

  private lookUp(outcome: number, type: string): Answer {
    const known = this.answers.get(outcome);
    const answer = known ?? answerOf(this.content, (bit) => ((outcome >>> bit) & 1) === 1, type);
    if (!known && this.answers.size < ANSWERS_MAX) this.answers.set(outcome, answer);
    this.lastOutcome = outcome;
    this.last = answer;
    return answer;
  }

  private makeAnew(request: AccessRequest, resource: ResourceView): Answer {
    const matched = this.parts.map((part) => holds(part, request, resource));
    const shut = this.ceilings.map(({ ways }) => !isOpen(ways, request, resource));
    const outcomes = [...matched, ...shut];
    return answerOf(this.content, (bit) => outcomes[bit] === true, resource.type);
  }
}

function holds({ deny, expiresAtMs, conditions }: Part, request: AccessRequest, resource: ResourceView): boolean {
  if (expiresAtMs <= request.request.timeMs) return false;
  return deny ? denies(conditions, request, resource) : allows(conditions, request, resource);
}

function isOpen(ways: readonly Conditions[], request: AccessRequest, resource: ResourceView): boolean {
  for (let i = 0; i < ways.length; i++) {
    const way = ways[i];
    if (way && allows(way, request, resource)) return true;
  }
  return false;
}

/** Puts together what concerns a resource; `model` is the resource where it is a model. */
export function cellOf(
  held: readonly SubjectGrants[],
  boundaries: readonly CompiledBoundary[],
  action: number,
  model: CatalogueModel | undefined,
  resource: ResourceView,
): Cell {
  const deny = new Set<string>();
  const allow = new Set<string>();
  const parts = new Map<string, { deny: boolean; expiresAtMs: number; conditions: Conditions; ids: Set<string> }>();
  const numbers = new Map<Conditions, number>();
  const add = ({ terms, cited }: SharedTerms) => {
    const conditions = openConditions(terms, model, resource);
    if (!conditions) return;
    const { deny: isDeny, expiresAtMs } = terms;
    if (isAlways(conditions) && expiresAtMs === Infinity) return cited.forEach((id) => (isDeny ? deny : allow).add(id));
    if (!numbers.has(conditions)) numbers.set(conditions, numbers.size);
    const key = `${isDeny} ${expiresAtMs} ${numbers.get(conditions)}`;
    const part = parts.get(key) ?? { deny: isDeny, expiresAtMs, conditions, ids: new Set<string>() };
    parts.set(key, part);
    for (const id of cited) part.ids.add(id);
  };
  for (const grants of held) for (const shared of grants.termsFor(action)) add(shared);
  return new Cell({
    deny: firstFew(deny),
    allow: firstFew(allow),
    parts: Array.from(parts.values(), ({ ids, ...part }) => ({ ...part, cited: firstFew(ids) })),
    ...ceilingsOf(boundaries, action, model, resource),
  });
}

function ceilingsOf(
  boundaries: readonly CompiledBoundary[],
  action: number,
  model: CatalogueModel | undefined,
  resource: ResourceView,
): Pick<CellContent, 'ceilings' | 'shut'> {
  const ceilings: { name: string; ways: readonly Conditions[] }[] = [];
  const shut = new Set<string>();
  for (const { name, rows } of new Set(boundaries)) {
    const ways = rows.flatMap(({ actions, terms }) => {
      return (actions.includes(action) && openConditions(terms, model, resource)) || [];
    });
    if (ways.length === 0) shut.add(name);
    else if (!ways.some(isAlways)) ceilings.push({ name, ways });
  }
  return { ceilings, shut: [...shut] };
}

/** The conditions that are left to be asked of a request; undefined where the statement is not about the resource. */
function openConditions(terms: Terms, model: CatalogueModel | undefined, resource: ResourceView) {
  if (!reaches(terms, resource)) return undefined;
  if (!model) return terms.conditions;
  const isSettled = terms.deny ? denies : allows;
  return isSettled(terms.onResource, NOBODY, model) ? terms.onRequest : undefined;
}

const isAlways = ({ when, unless }: Conditions) => when.length + unless.length === 0;

/** Conditions on the resource alone ask nothing of it. */
const NOBODY: AccessRequest = {
  principal: { id: '', kind: 'user', tenant: '', teams: [], groups: [], labels: {} },
  action: '',
  resource: { type: '', path: '' },
  credential: { kind: 'none' },
  request: { operation: '', timeMs: 0 },
};
