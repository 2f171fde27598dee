import { actionNames, type AttributeReference, type ResourcePattern } from '#libs/policy-language';
import type { CompiledBoundary } from '../boundaries/compiled-boundary.js';
import type { CompiledCondition } from '../conditions/compile-condition.js';
import { evaluateCondition, FALSE, TRUE, type Outcome } from '../conditions/evaluate-condition.js';
import type { ResourceView } from '../conditions/resource-view.js';
import type { AccessRequest, Principal } from '../request.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';
import { isAbout } from '../statements/action-ids.js';
import type { Row, Terms } from '../statements/row.js';
import { StatementCompiler, type Statement } from '../statements/statement-compiler.js';
import { globContains } from './glob-contains.js';

/** Something that would be granted and that the holder cannot be shown to hold. */
export type CounterExample = { readonly statement: string; readonly action: string; readonly resource: string };

/** What is to be granted: a role's statements, as its binding narrows them. */
export type GrantedStatement = Statement & { readonly id: string; readonly boundTo?: readonly string[] | undefined };

/**
 * Rule 11: whether a principal holds all that is to be granted, by containment of statements and not by today's
 * catalogue. Undefined is a proof; anything that cannot be shown gives the first counter-example. A deny of the holder
 * that could touch the grant refuses it, and so does a boundary of the holder that does not allow it. Administrators of the tenant are the caller's exception to make.
 */
export function counterExample(
  snapshot: TenantSnapshot,
  holder: Principal,
  granted: readonly GrantedStatement[],
  timeMs: number,
): CounterExample | undefined {
  const compiler = new StatementCompiler();
  const rows = granted
    .filter(({ effect }) => effect !== 'deny')
    .map(({ id, boundTo, ...statement }) => compiler.compile(id, statement, { resources: boundTo }));
  return unheld(snapshot, holder, rowsInForce(snapshot, holder, timeMs), rows, timeMs);
}

/** Everything that some binding, or grant of a model, gives a principal now. */
export function rowsInForce({ tenant, compiled }: TenantSnapshot, holder: Principal, timeMs: number): readonly Row[] {
  if (holder.tenant !== tenant) return [];
  const held: Row[] = [];
  compiled.grants.visit(holder, (own) => {
    for (const { rows } of own.grants()) held.push(...rows.filter(({ terms }) => terms.expiresAtMs > timeMs));
  });
  return held;
}

/** The first of the rows that is not within `held`, which is what the holder may do at most. */
export function unheld(
  snapshot: TenantSnapshot,
  holder: Principal,
  held: readonly Row[],
  granted: readonly Row[],
  timeMs: number,
): CounterExample | undefined {
  const self = asking(holder, timeMs);
  const boundaries = boundariesOfSome(snapshot, holder).map(({ rows }) => new TermsByAction(rows));
  const own = new TermsByAction(held);
  for (const { id, actions, terms } of granted) {
    const [patterns = [], ...also] = terms.reach;
    for (const action of actions) {
      for (const pattern of patterns) {
        const piece = { ...terms, reach: [[pattern], ...also] };
        if (isEmpty(action, piece)) continue;
        const isDenied = own.denies(action).some((deny) => mayOverlap(deny, piece));
        const isShown = !isDenied && [own, ...boundaries].every((each) => isAllowed(piece, each.allows(action), self));
        if (!isShown) return { statement: id, action: actionNames[action] ?? '', resource: textOf(pattern) };
      }
    }
  }
  return undefined;
}

/** Its lists surely have nothing in common, or the action is about none of what they name. */
function isEmpty(action: number, { reach }: Terms): boolean {
  const [[pattern] = [], ...also] = reach;
  if (!pattern) return true;
  if (pattern.type !== undefined && !isAbout(action, pattern.type)) return true;
  return also.some((list) => list.every((other) => areApart(pattern, other)));
}

/** What statements need to match, by action; of a thousand that need the same, one is looked at. */
class TermsByAction {
  private readonly byAction = new Map<number, { allows: Set<Terms>; denies: Set<Terms> }>();

  constructor(rows: readonly Row[]) {
    for (const { actions, terms } of rows) {
      for (const action of actions) {
        const of = this.byAction.get(action) ?? { allows: new Set(), denies: new Set() };
        this.byAction.set(action, of);
        (terms.deny ? of.denies : of.allows).add(terms);
      }
    }
  }

  allows(action: number): readonly Terms[] {
    return [...(this.byAction.get(action)?.allows ?? [])];
  }

  denies(action: number): readonly Terms[] {
    return [...(this.byAction.get(action)?.denies ?? [])];
  }
}

/** Boundaries that the holder is under and others may not be; one for everybody narrows the grant by itself. */
function boundariesOfSome({ compiled }: TenantSnapshot, holder: Principal): readonly CompiledBoundary[] {
  const ofAll = new Set(compiled.boundaries.forAll().flatMap((boundaries) => [...boundaries]));
  const found: CompiledBoundary[] = [];
  compiled.boundaries.visit(holder, (boundaries) => found.push(...[...boundaries].filter((each) => !ofAll.has(each))));
  return found;
}

function isAllowed(piece: Terms, allows: readonly Terms[], holder: AccessRequest): boolean {
  return allows.some((own) => own.reach.every((list) => isWithin(piece.reach, list)) && isNarrower(piece, own, holder));
}

/** Some list of the grant lies wholly within the holder's list: their intersection then does too. */
function isWithin(reach: Terms['reach'], list: readonly ResourcePattern[]): boolean {
  return reach.some((patterns) => patterns.every((inner) => list.some((outer) => patternContains(outer, inner))));
}

function patternContains(outer: ResourcePattern, inner: ResourcePattern): boolean {
  if (outer.type === undefined) return true;
  return outer.type === inner.type && globContains(outer.glob.source, inner.glob.source);
}

/** Whether the deny is surely apart from the grant: only other types, other beginnings, or a literal not matched are. */
function mayOverlap(deny: Terms, piece: Terms): boolean {
  return deny.reach.every((list) =>
    list.some((a) => piece.reach.every((patterns) => patterns.some((b) => !areApart(a, b)))),
  );
}

function areApart(a: ResourcePattern, b: ResourcePattern): boolean {
  if (a.type !== undefined && b.type !== undefined && a.type !== b.type) return true;
  const [begin, start] = [fixedStart(a.glob.source), fixedStart(b.glob.source)];
  if (!begin.startsWith(start) && !start.startsWith(begin)) return true;
  const [one, other] = [a.glob.literal, b.glob.literal];
  if (one !== undefined) return !b.glob.matches(one);
  return other !== undefined && !a.glob.matches(other);
}

/** What every path begins with that the glob matches. */
const fixedStart = (glob: string) => glob.split('*', 1)[0] ?? '';

/**
 * Every condition of the holder's statement is also one of the grant, or follows from one. One about the principal is
 * another condition for another principal: it must be met by the holder now, or nothing is shown.
 */
function isNarrower({ conditions: inner }: Terms, { conditions: outer }: Terms, holder: AccessRequest): boolean {
  const follows = (condition: CompiledCondition) =>
    readsPrincipal(condition) ? isMet(condition, holder, TRUE) : inner.when.some((own) => implies(own, condition));
  const isExcepted = (condition: CompiledCondition) =>
    readsPrincipal(condition)
      ? isMet(condition, holder, FALSE)
      : inner.unless.some((own) => keyOf(own) === keyOf(condition));
  return outer.when.every(follows) && outer.unless.every(isExcepted);
}

const isOfPrincipal = (attribute: AttributeReference | undefined) => attribute?.name.startsWith('principal.') ?? false;
const readsPrincipal = ({ left, ref }: CompiledCondition) => isOfPrincipal(left) || isOfPrincipal(ref);

function isMet(condition: CompiledCondition, holder: AccessRequest, wanted: Outcome): boolean {
  const isSettled = isOfPrincipal(condition.left) && (condition.ref === undefined || isOfPrincipal(condition.ref));
  return isSettled && evaluateCondition(condition, holder, NOTHING) === wanted;
}

/** Conditions on the principal alone ask nothing of these. */
const NOTHING: ResourceView = {
  type: '',
  path: '',
  tenant: '',
  name: '',
  provider: undefined,
  types: undefined,
  tags: {},
  owner: undefined,
  team: undefined,
};
const asking = (principal: Principal, timeMs: number): AccessRequest => ({
  principal,
  action: '',
  resource: { type: '', path: '' },
  credential: { kind: 'none' },
  request: { operation: '', timeMs },
});

/** Equal, or membership in fewer values of the same attribute. */
function implies(own: CompiledCondition, condition: CompiledCondition): boolean {
  if (keyOf(own) === keyOf(condition)) return true;
  if (own.attr !== condition.attr || !isMembership(own) || !isMembership(condition)) return false;
  return own.values.every((value) => condition.among.has(value));
}

const isMembership = ({ operator, left, ref }: CompiledCondition) =>
  ref === undefined && (operator === 'in' || (operator === 'eq' && left.type === 'string'));

const keyOf = ({ attr, operator, ref, text, number, wanted, values }: CompiledCondition) =>
  JSON.stringify([attr, operator, ref?.name, ref?.key, text, number, wanted, values.toSorted()]);

const textOf = ({ type, glob }: ResourcePattern) => (type === undefined ? '**' : `${type}:${glob.source}`);
