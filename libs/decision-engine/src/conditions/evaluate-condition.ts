import { networkHolds, readIp } from '#libs/policy-language';
import { NONE } from '../decision.js';
import type { AccessRequest } from '../request.js';
import type { CompiledCondition } from './compile-condition.js';
import { readNumber, readText, readTexts } from './read-attribute.js';
import type { ResourceView } from './resource-view.js';

/** A condition is false, true, or cannot be told because an attribute is missing or is not of its type. */
export const FALSE = 0;
export const TRUE = 1;
export const UNTOLD = 2;
export type Outcome = typeof FALSE | typeof TRUE | typeof UNTOLD;

const told = (holds: boolean): Outcome => (holds ? TRUE : FALSE);

/** Attributes that were asked for and missing since `forgetMissing`; kept aside, since almost always there are none. */
const missing = new Set<string>();

/** Begins another decision. */
export function forgetMissing(): void {
  if (missing.size > 0) missing.clear();
}

/** What was asked for and missing, sorted. */
export const missingAttributes = (): readonly string[] => (missing.size === 0 ? NONE : [...missing].toSorted());

/** Evaluates one condition, and remembers what was missing; allocates nothing but for `cidr`. */
export function evaluateCondition(c: CompiledCondition, request: AccessRequest, resource: ResourceView): Outcome {
  const outcome = outcomeOf(c, request, resource);
  if (outcome === UNTOLD) missing.add(untoldFor(c, request, resource));
  return outcome;
}

/** For want of which attribute a condition cannot be told: its own, or the one that it compares with. */
export function untoldFor(c: CompiledCondition, request: AccessRequest, resource: ResourceView): string {
  return c.ref && isHeld(c, request, resource) ? c.refAttr : c.attr;
}

function isHeld({ left, key }: CompiledCondition, request: AccessRequest, resource: ResourceView): boolean {
  const held =
    left.type === 'strings'
      ? readTexts(left.name, request, resource)
      : (readText(left.name, key, request, resource) ?? readNumber(left.name, request));
  return held !== undefined;
}

function outcomeOf(c: CompiledCondition, request: AccessRequest, resource: ResourceView): Outcome {
  switch (c.left.type) {
    case 'string':
      return onText(c, readText(c.left.name, c.key, request, resource), request, resource);
    case 'strings':
      return onTexts(c, readTexts(c.left.name, request, resource), request, resource);
    case 'address':
      return onAddress(c, readText(c.left.name, c.key, request, resource));
    default:
      return onNumber(c, readNumber(c.left.name, request), request);
  }
}

function onText(
  c: CompiledCondition,
  text: string | undefined,
  request: AccessRequest,
  resource: ResourceView,
): Outcome {
  if (c.operator === 'exists') return told((text !== undefined) === c.wanted);
  if (text === undefined) return UNTOLD;
  switch (c.operator) {
    case 'eq':
    case 'ne': {
      const other = c.ref ? readText(c.ref.name, c.ref.key ?? '', request, resource) : c.text;
      if (other === undefined) return UNTOLD;
      return told((text === other) === (c.operator === 'eq'));
    }
    case 'in':
    case 'notIn': {
      if (!c.ref) return told(c.among.has(text) === (c.operator === 'in'));
      const others = readTexts(c.ref.name, request, resource);
      return others ? told(others.includes(text) === (c.operator === 'in')) : UNTOLD;
    }
    case 'glob':
      return c.glob ? told(c.glob.matches(text)) : UNTOLD;
    default:
      return UNTOLD;
  }
}

function onTexts(
  c: CompiledCondition,
  texts: readonly string[] | undefined,
  request: AccessRequest,
  resource: ResourceView,
): Outcome {
  if (c.operator === 'exists') return told((texts !== undefined) === c.wanted);
  if (texts === undefined) return UNTOLD;
  const others = c.ref ? readTexts(c.ref.name, request, resource) : c.values;
  if (others === undefined) return UNTOLD;
  if (c.operator === 'anyOf') return told(others.some((other) => texts.includes(other)));
  // "All of nothing" would hold for everybody: it is not told, so that it lets nobody in and keeps nobody from a deny.
  if (c.operator !== 'allOf' || others.length === 0) return UNTOLD;
  return told(others.every((other) => texts.includes(other)));
}

function onAddress(c: CompiledCondition, text: string | undefined): Outcome {
  if (c.operator === 'exists') return told((text !== undefined) === c.wanted);
  const address = text === undefined ? undefined : readIp(text);
  if (!address || c.operator !== 'cidr') return UNTOLD;
  return told(c.networks.some((network) => networkHolds(network, address)));
}

function onNumber(c: CompiledCondition, number: number | undefined, request: AccessRequest): Outcome {
  if (c.operator === 'exists') return told((number !== undefined) === c.wanted);
  const other = c.ref ? readNumber(c.ref.name, request) : c.number;
  if (number === undefined || other === undefined || Number.isNaN(other)) return UNTOLD;
  switch (c.operator) {
    case 'eq':
      return told(number === other);
    case 'ne':
      return told(number !== other);
    case 'lt':
    case 'before':
      return told(number < other);
    case 'lte':
      return told(number <= other);
    case 'gt':
    case 'after':
      return told(number > other);
    case 'gte':
      return told(number >= other);
    default:
      return UNTOLD;
  }
}
