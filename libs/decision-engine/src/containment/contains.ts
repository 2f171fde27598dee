import { actionNames, type AttributeReference, type ResourcePattern } from '#libs/policy-language';
import type { CompiledBoundary } from '../boundaries/compiled-boundary.js';
import type { CompiledCondition } from '../conditions/compile-condition.js';
import { evaluateCondition, FALSE, TRUE, type Outcome } from '../conditions/evaluate-condition.js';
import type { ResourceView } from '../conditions/resource-view.js';
import type { AccessRequest, Principal } from '../request.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';
import type { Row } from '../statements/row.js';
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
  const held: Row[] = [];
  if (holder.tenant === snapshot.tenant) {
    snapshot.compiled.grants.visit(holder, ({ grants }) => held.push(...grants.flatMap(({ rows }) => rows)));
  }
  const self = asking(holder, timeMs);
  const boundaries = boundariesOfSome(snapshot, holder);
  const inForce = held.filter(({ expiresAtMs }) => expiresAtMs > timeMs);
  const compiler = new StatementCompiler(snapshot.compiled.catalogue);
  for (const { id, boundTo, ...statement } of granted) {
    if (statement.effect === 'deny') continue;
    const row = compiler.compile(id, statement, { resources: boundTo, expiresAtMs: Infinity });
    const [patterns = [], ...also] = row.reach;
    for (const action of row.actions) {
      for (const pattern of patterns) {
        const piece = { ...row, actions: [action], reach: [[pattern], ...also] };
        const isShown = isHeld(piece, inForce, self) && boundaries.every(({ rows }) => isAllowed(piece, rows, self));
        if (!isShown) return { statement: id, action: actionNames[action] ?? '', resource: textOf(pattern) };
      }
    }
  }
  return undefined;
}

/** Boundaries that the holder is under and others may not be; one for everybody narrows the grant by itself. */
function boundariesOfSome({ compiled }: TenantSnapshot, holder: Principal): readonly CompiledBoundary[] {
  const ofAll = new Set(compiled.boundaries.forAll());
  const found: CompiledBoundary[] = [];
  compiled.boundaries.visit(holder, (boundaries) => found.push(...boundaries.filter((each) => !ofAll.has(each))));
  return found;
}

function isHeld(piece: Row, held: readonly Row[], holder: AccessRequest): boolean {
  const [action = -1] = piece.actions;
  const isDenied = held.some((row) => row.deny && row.actions.includes(action) && mayOverlap(row, piece));
  return !isDenied && isAllowed(piece, held, holder);
}

function isAllowed(piece: Row, rows: readonly Row[], holder: AccessRequest): boolean {
  const [action = -1] = piece.actions;
  const concerning = rows.filter((row) => !row.deny && row.actions.includes(action));
  return concerning.some(
    (row) => row.reach.every((list) => isWithin(piece.reach, list)) && isNarrower(piece, row, holder),
  );
}

/** Some list of the grant lies wholly within the holder's list: their intersection then does too. */
function isWithin(reach: Row['reach'], list: readonly ResourcePattern[]): boolean {
  return reach.some((patterns) => patterns.every((inner) => list.some((outer) => patternContains(outer, inner))));
}

function patternContains(outer: ResourcePattern, inner: ResourcePattern): boolean {
  if (outer.type === undefined) return true;
  return outer.type === inner.type && globContains(outer.glob.source, inner.glob.source);
}

/** Whether the deny is surely apart from the grant: only other types, or two different literals, are. */
function mayOverlap(deny: Row, piece: Row): boolean {
  return deny.reach.every((list) =>
    list.some((a) => piece.reach.every((patterns) => patterns.some((b) => !areApart(a, b)))),
  );
}

function areApart(a: ResourcePattern, b: ResourcePattern): boolean {
  if (a.type !== undefined && b.type !== undefined && a.type !== b.type) return true;
  const [one, other] = [a.glob.literal, b.glob.literal];
  if (one !== undefined) return !b.glob.matches(one);
  return other !== undefined && !a.glob.matches(other);
}

/**
 * Every condition of the holder's statement is also one of the grant, or follows from one. One about the principal is
 * another condition for another principal: it must be met by the holder now, or nothing is shown.
 */
function isNarrower({ conditions: inner }: Row, { conditions: outer }: Row, holder: AccessRequest): boolean {
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
  if (own.attr !== condition.attr || own.ref || condition.operator !== 'in' || condition.ref) return false;
  const isMembership = own.operator === 'in' || (own.operator === 'eq' && own.left.type === 'string');
  return isMembership && own.values.every((value) => condition.among.has(value));
}

const keyOf = ({ attr, operator, ref, text, number, wanted, values }: CompiledCondition) =>
  JSON.stringify([attr, operator, ref?.name, ref?.key, text, number, wanted, values.toSorted()]);

const textOf = ({ type, glob }: ResourcePattern) => (type === undefined ? '**' : `${type}:${glob.source}`);
