import type { Condition } from '#libs/policy-language';
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import type { NaiveRequest, NaiveResource } from './naive-request.fixture.js';

/** True, false, or undefined where an attribute is missing. */
export function naiveCondition(
  condition: Condition,
  request: NaiveRequest,
  resource: NaiveResource,
): boolean | undefined {
  const { attr, ...rest } = condition;
  const [operator = '', operand] = Object.entries(rest).find(([, value]) => value !== undefined) ?? [];
  const left = attributeOf(attr, request, resource);
  if (operator === 'exists') return (left !== undefined) === operand;
  const right = isRef(operand) ? attributeOf(operand.ref, request, resource) : operand;
  if (left === undefined || right === undefined) return undefined;
  switch (operator) {
    case 'eq':
      return left === right;
    case 'ne':
      return left !== right;
    case 'in':
      return (right as unknown[]).includes(left);
    case 'notIn':
      return !(right as unknown[]).includes(left);
    case 'glob':
      return naiveGlob(String(right), String(left));
    case 'cidr':
      return inNetworks([right].flat() as string[], String(left));
    case 'lt':
      return Number(left) < Number(right);
    case 'lte':
      return Number(left) <= Number(right);
    case 'gt':
      return Number(left) > Number(right);
    case 'gte':
      return Number(left) >= Number(right);
    case 'before':
      return (left as number) < Date.parse(right as string);
    case 'after':
      return (left as number) > Date.parse(right as string);
    case 'anyOf':
      return (right as unknown[]).some((item) => (left as unknown[]).includes(item));
    case 'allOf':
      return (right as unknown[]).length === 0
        ? undefined
        : (right as unknown[]).every((item) => (left as unknown[]).includes(item));
    default:
      throw new Error(`no such operator ${operator}`);
  }
}

const isRef = (operand: unknown): operand is { ref: string } =>
  typeof operand === 'object' && operand !== null && 'ref' in operand;

function attributeOf(attr: string, request: NaiveRequest, resource: NaiveResource): unknown {
  const { principal, credential } = request;
  const circumstances = { ...request.request, time: request.request.timeMs };
  const scopes = { principal, credential, request: circumstances, resource };
  const [scope = '', first = '', ...key] = attr.split('.');
  const held = ownValue(ownValue(scopes, scope), first);
  return key.length === 0 ? held : ownValue(held, key.join('.'));
}

const ownValue = (holder: unknown, key: string): unknown =>
  Object.entries(holder ?? {}).find(([name]) => name === key)?.[1];

const expressions = new Map<string, RegExp>();

/** By a regular expression. */
export function naiveGlob(glob: string, text: string): boolean {
  const known = expressions.get(glob);
  if (known) return known.test(text);
  const escaped = glob.replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);
  const source = escaped.replace(/\*+/g, (stars) => (stars.length > 1 ? String.raw`[\s\S]*` : '[^/]*'));
  expressions.set(glob, new RegExp(`^${source}$`));
  return naiveGlob(glob, text);
}

function inNetworks(networks: readonly string[], address: string): boolean | undefined {
  const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined;
  if (!family) return undefined;
  const list = new BlockList();
  for (const network of networks) {
    const [base = '', bits] = network.split('/');
    list.addSubnet(base, Number(bits ?? (isIPv4(base) ? 32 : 128)), isIPv4(base) ? 'ipv4' : 'ipv6');
  }
  return list.check(address, family);
}
