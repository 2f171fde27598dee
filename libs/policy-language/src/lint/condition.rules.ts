import type { Path } from '../bundle/source-map.js';
import { isReference, operatorOf, type Condition, type Operand } from '../documents/condition.js';
import { PLATFORM } from '../documents/names.js';
import { readNetwork } from '../matching/ip-network.js';
import { didYouMean, nearest } from '../matching/nearest.js';
import { attributes, readAttribute, type AttributeName, type AttributeReference } from '../vocabulary/attributes.js';
import { operatorNames, operators, type Operator } from '../vocabulary/operators.js';
import { credentialKinds, ENVIRONMENT_TAG, modelTypes, operations, providers } from '../vocabulary/closed-lists.js';
import type { LintContext, Report } from './lint-context.js';

type Conditions = {
  readonly effect: 'allow' | 'deny';
  readonly when?: readonly Condition[] | undefined;
  readonly unless?: readonly Condition[] | undefined;
};

/** Attributes, operators and values of both lists; and a warning where the caller chooses what lets them in. */
export function lintConditions(statement: Conditions, path: Path, context: LintContext, report: Report): void {
  for (const list of ['when', 'unless'] as const) {
    for (const [n, condition] of (statement[list] ?? []).entries()) {
      const place = [...path, list, n];
      const attribute = lintAttribute(condition.attr, [...place, 'attr'], context, report);
      if (!attribute) continue;
      lintOperator(condition, attribute, place, context, report);
      if (letsIn(statement.effect, list) && isChosenByCaller(attribute, context)) {
        const message = `The caller chooses ${condition.attr}, so this lets in whoever knows the value.`;
        report({ path: [...place, 'attr'], rule: 'caller-chosen-attribute', severity: 'warning', message });
      }
    }
  }
}

/** Satisfying an allow, or the exception of a deny. */
const letsIn = (effect: 'allow' | 'deny', list: 'when' | 'unless') => effect === 'allow' || list === 'unless';

function isChosenByCaller({ name, key = '' }: AttributeReference, context: LintContext): boolean {
  if (name === 'request.metadata.*') return !context.pinnedMetadata.has(key);
  return name === 'credential.labels.*';
}

function lintAttribute(text: string, path: Path, context: LintContext, report: Report): AttributeReference | undefined {
  const attribute = readAttribute(text);
  if (!attribute) {
    const known = Object.keys(attributes);
    const whole = known.filter((name) => !name.endsWith('.*'));
    const meant = nearestParent(text, known) ?? nearest(text, whole);
    const suggestion = meant === text ? KEYS : meant && `Did you mean "${meant}"?`;
    report({ path, rule: 'unknown-attribute', message: `There is no attribute "${text}".`, suggestion });
  } else if (attribute.name === 'resource.tags.*') lintTagKey(attribute.key ?? '', path, context, report);
  return attribute;
}

const KEYS = 'Keys of tags and labels are letters, digits, dots, dashes and underscores; 63 at most.';

/** `resource.tag.env` → `resource.tags.env`. */
function nearestParent(text: string, known: readonly string[]): string | undefined {
  const [scope, parent, ...key] = text.split('.');
  if (key.length === 0) return undefined;
  const parents = known.filter((name) => name.endsWith('.*')).map((name) => name.slice(0, -2));
  const meant = nearest(`${scope}.${parent}`, parents);
  return meant && `${meant}.${key.join('.')}`;
}

/**
 * A key is declared by the tenant's tag schema or carried by something in force. Without a schema nobody said that there are
 * no other keys, so that one which nothing carries yet is a thing to think about; what tenants carry no platform document knows.
 */
function lintTagKey(key: string, path: Path, { tenant, tagSchema, tagKeys }: LintContext, report: Report): void {
  const declared = Object.keys(tagSchema ?? {});
  if (key === ENVIRONMENT_TAG || declared.includes(key) || tagKeys.has(key)) return;
  if (!tagSchema && tenant === PLATFORM) return;
  const suggestion = didYouMean(key, [...declared, ...tagKeys]);
  const severity = tagSchema ? 'error' : 'warning';
  report({ path, rule: 'unknown-tag', severity, message: `No tag "${key}" is declared or in use.`, suggestion });
}

function lintOperator(
  condition: Condition,
  attribute: AttributeReference,
  place: Path,
  context: LintContext,
  report: Report,
): void {
  const { operator, operand } = operatorOf(condition);
  const path = [...place, operator];
  const takes: readonly string[] = operators[operator].left;
  if (!takes.includes(attribute.type)) {
    const fitting = operatorNames.filter((name) =>
      (operators[name].left as readonly string[]).includes(attribute.type),
    );
    const message = `"${operator}" does not take ${condition.attr}, which is ${describe(attribute)}.`;
    const suggestion = `Operators that do: ${fitting.join(', ')}.`;
    report({ path, at: 'key', rule: 'operator-does-not-fit', message, suggestion });
  } else if (isReference(operand)) lintReference(operand.ref, operator, attribute, path, context, report);
  else lintValue(operand, operator, attribute, path, context, report);
}

const described = {
  string: 'a text',
  strings: 'a list of texts',
  number: 'a number',
  address: 'an IP address',
  instant: 'a point in time',
} as const;
const describe = ({ type }: AttributeReference) => described[type];

function lintReference(
  ref: string,
  operator: Operator,
  left: AttributeReference,
  path: Path,
  context: LintContext,
  report: Report,
): void {
  const right = lintAttribute(ref, [...path, 'ref'], context, report);
  if (!right) return;
  const takes: readonly string[] = operators[operator].ref;
  const sameType = operator !== 'eq' && operator !== 'ne' ? true : right.type === left.type;
  if (takes.includes(right.type) && sameType) return;
  const message = `"${operator}" cannot compare ${describe(left)} with ${ref}, which is ${describe(right)}.`;
  report({ path: [...path, 'ref'], rule: 'operator-does-not-fit', message });
}

function lintValue(
  value: Exclude<Operand, { ref: string }>,
  operator: Operator,
  attribute: AttributeReference,
  path: Path,
  context: LintContext,
  report: Report,
): void {
  if ((operator === 'eq' || operator === 'ne') && typeof value !== attribute.type) {
    const message = `${attribute.name} is ${describe(attribute)}; the value is not.`;
    report({
      path,
      rule: 'value-does-not-fit',
      message,
      suggestion: typeof value === 'number' ? 'Put it in quotes.' : undefined,
    });
    return;
  }
  const values = Array.isArray(value)
    ? value.map((item, n) => ({ item, path: [...path, n] }))
    : [{ item: value, path }];
  for (const { item, path: at } of values) {
    if (typeof item === 'string') lintText(item, operator, attribute, at, context, report);
  }
}

/** Values of closed lists, and networks: a wrong one would silently never match. */
function lintText(
  text: string,
  operator: Operator,
  { name, key = '' }: AttributeReference,
  path: Path,
  { tagSchema }: LintContext,
  report: Report,
): void {
  if (operator === 'cidr' && !readNetwork(text)) {
    report({ path, rule: 'not-a-network', message: `"${text}" is no network such as 10.0.0.0/8 or 2001:db8::/32.` });
  }
  if (operator === 'glob' || operator === 'cidr') return;
  const known = name === 'resource.tags.*' ? declaredValues(tagSchema, key) : CLOSED[name];
  if (!known || known.includes(text)) return;
  const message = `"${text}" is no value of ${name.replace('*', key)}: ${known.join(', ')}.`;
  report({ path, rule: 'unknown-value', message, suggestion: didYouMean(text, known) });
}

const CLOSED: Partial<Record<AttributeName, readonly string[]>> = {
  'request.operation': operations,
  'resource.provider': providers,
  'resource.types': modelTypes,
  'principal.kind': ['user', 'virtual-account'],
  'credential.kind': credentialKinds,
};

function declaredValues(tagSchema: LintContext['tagSchema'], key: string): readonly string[] | undefined {
  const declared = tagSchema && Object.hasOwn(tagSchema, key) ? tagSchema[key] : undefined;
  return Array.isArray(declared) ? declared : undefined;
}
