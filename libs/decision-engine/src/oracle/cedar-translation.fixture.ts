import type { CedarValueJson, EntityJson, StatefulAuthorizationCall } from '@cedar-policy/cedar-wasm/nodejs';
import type { Condition } from '#libs/policy-language';
import { isIP } from 'node:net';
import { flat, flatStatements, type FlatStatement } from './flat-statements.fixture.js';
import type { NaivePolicy, NaiveRequest, NaiveResource } from './naive-request.fixture.js';

const text = (value: string) => JSON.stringify(value);
const set = (values: readonly string[]) => `[${values.map(text).join(', ')}]`;
const all = (terms: readonly string[]) => (terms.length === 0 ? 'true' : terms.map((term) => `(${term})`).join(' && '));
const some = (terms: readonly string[]) =>
  terms.length === 0 ? 'false' : terms.map((term) => `(${term})`).join(' || ');

/** The policy in Cedar's language. What may be missing is guarded: Cedar would skip a policy that meets an error. */
export function cedarPolicies(policy: NaivePolicy): string {
  const statements = flatStatements(policy).map((statement) => {
    const scope = [meant(statement.subjects), reaching(statement)];
    if (statement.expiresAtMs !== undefined) scope.push(`context.time < ${statement.expiresAtMs}`);
    const conditions = statement.effect === 'allow' ? allowing(statement) : denying(statement);
    const effect = statement.effect === 'allow' ? 'permit' : 'forbid';
    return `${effect} (principal, action in ${actions(statement)}, resource) when { ${all([...scope, ...conditions])} };`;
  });
  const boundaries = [...policy.own, ...policy.platform].flatMap(({ kind, spec }) => {
    if (kind !== 'Boundary') return [];
    const rows = spec.allow.map((each) => flat(each, { subjects: [], expiresAtMs: undefined }));
    const open = rows.map((row) => all([`action in ${actions(row)}`, reaching(row), ...allowing(row)]));
    return [`forbid (principal, action, resource) when { ${meant(spec.appliesTo)} } unless { ${some(open)} };`];
  });
  const untagged = 'forbid (principal, action == Action::"model:invoke", resource) unless { resource.tags has "env" };';
  return [...statements, ...boundaries, untagged].join('\n');
}

const actions = (statement: FlatStatement) =>
  `[${statement.actions.map((name) => `Action::${text(name)}`).join(', ')}]`;
const meant = (subjects: readonly string[]) =>
  some(subjects.map((subject) => `principal in Subject::${text(subject)}`));
const reaching = ({ reach }: Pick<FlatStatement, 'reach'>) => all(reach.map((patterns) => some(patterns.map(named))));

function named(pattern: string): string {
  if (pattern === '**') return 'true';
  const colon = pattern.indexOf(':');
  return all([`resource.kind == ${text(pattern.slice(0, colon))}`, like('resource.path', pattern.slice(colon + 1))]);
}

/** Cedar's `*` goes over slashes: without `**` the text has as many of them as the pattern. */
function like(value: string, glob: string): string {
  const pattern = `${value} like ${text(glob.replaceAll('**', '*'))}`;
  if (glob.includes('**')) return pattern;
  return `${pattern} && !(${value} like ${text(`${'*/'.repeat(glob.split('/').length)}*`)})`;
}

const allowing = ({ when, unless }: FlatStatement) => [
  ...when.map((condition) => `${present(condition)} && (${holds(condition)})`),
  ...unless.map((condition) => `${present(condition)} && !(${holds(condition)})`),
];
const denying = ({ when, unless }: FlatStatement) => [
  ...when.map((condition) => `!(${present(condition)}) || (${holds(condition)})`),
  ...unless.map((condition) => `!(${present(condition)}) || !(${holds(condition)})`),
];

function operandOf({ attr: _, ...rest }: Condition): [string, unknown] {
  return Object.entries(rest).find(([, value]) => value !== undefined) ?? ['', undefined];
}
const refOf = (operand: unknown) =>
  typeof operand === 'object' && operand !== null && 'ref' in operand ? String(operand.ref) : undefined;

/** Everything that the condition reads is there. */
function present(condition: Condition): string {
  const [operator, operand] = operandOf(condition);
  if (operator === 'exists') return 'true';
  const ref = refOf(operand);
  const nonEmpty = operator === 'allOf' && ref ? [`!(${place(ref).value}.isEmpty())`] : [];
  return all([place(condition.attr).has, ...(ref ? [place(ref).has] : []), ...nonEmpty]);
}

function holds(condition: Condition): string {
  const [operator, operand] = operandOf(condition);
  const { has, value } = place(condition.attr);
  const ref = refOf(operand);
  const right = ref ? place(ref).value : Array.isArray(operand) ? set(operand as string[]) : JSON.stringify(operand);
  const compared = { lt: '<', lte: '<=', gt: '>', gte: '>=', eq: '==', ne: '!=' }[operator];
  if (compared) return `${value} ${compared} ${right}`;
  switch (operator) {
    case 'exists':
      return operand === true ? has : `!(${has})`;
    case 'in':
      return `${right}.contains(${value})`;
    case 'notIn':
      return `!(${right}.contains(${value}))`;
    case 'anyOf':
      return `${value}.containsAny(${right})`;
    case 'allOf':
      return `${value}.containsAll(${right})`;
    case 'glob':
      return like(value, String(operand));
    case 'cidr':
      return some([operand].flat().map((network) => `${value}.isInRange(ip(${text(String(network))}))`));
    case 'before':
      return `${value} < ${Date.parse(String(operand))}`;
    case 'after':
      return `${value} > ${Date.parse(String(operand))}`;
    default:
      throw new Error(`no such operator ${operator}`);
  }
}

/** Where an attribute stands in the entities, and how Cedar asks whether it does. */
function place(attr: string): { has: string; value: string } {
  const [scope = '', first = '', ...key] = attr.split('.');
  const root = { principal: 'principal', resource: 'resource', request: 'context', credential: 'context.credential' }[
    scope
  ];
  const parent = `${root}.${first}`;
  if (key.length === 0) return { has: `${root} has ${first}`, value: parent };
  const name = text(key.join('.'));
  return { has: `${root} has ${first} && ${parent} has ${name}`, value: `${parent}[${name}]` };
}

const withoutGaps = (held: object) => JSON.parse(JSON.stringify(held)) as Record<string, CedarValueJson>;

/** The request, with the principal's and the resource's attributes as entities. */
export function cedarCall(
  { principal, action, credential, request }: NaiveRequest,
  resource: NaiveResource,
  policySetId: string,
): StatefulAuthorizationCall {
  const { id, name, kind, teams, groups, labels, tenant } = principal;
  const subjects = [
    '*',
    `${kind}:*`,
    `${kind}:${id}`,
    ...(kind === 'user' ? ['everyone'] : name ? [`${kind}:${name}`] : []),
    ...teams.map((team) => `team:${team}`),
    ...groups.map((group) => `idp-group:${group}`),
  ];
  const who = { type: 'Principal', id };
  const what = { type: 'Resource', id: resource.path };
  const parents = subjects.map((subject) => ({ type: 'Subject', id: subject }));
  const { type, ...attributes } = resource;
  const entities: EntityJson[] = [
    { uid: who, attrs: withoutGaps({ id, kind, tenant, teams, groups, labels }), parents },
    { uid: what, attrs: withoutGaps({ ...attributes, kind: type }), parents: [] },
  ];
  const { operation, ip, timeMs: time, metadata } = request;
  const address = ip && isIP(ip) ? { ip: { __extn: { fn: 'ip', arg: ip } } } : {};
  const { kind: presented, labels: keyLabels, ageDays } = credential;
  const context = withoutGaps({
    operation,
    time,
    metadata,
    ...address,
    credential: { kind: presented, labels: keyLabels, ageDays },
  });
  const asked = { principal: who, action: { type: 'Action', id: action }, resource: what };
  return { ...asked, context, entities, preparsedPolicySetId: policySetId };
}
