import { builtInRoles, documentId, PLATFORM, type DocumentOf, type PolicyDocument } from '#libs/policy-language';
import type { GrantedStatement } from './contains.js';

/** A set before and after a change; `platform` is the platform's, in which roles may stand that a tenant binds. */
export type SetChange = {
  readonly before: readonly PolicyDocument[];
  readonly after: readonly PolicyDocument[];
  readonly platform: readonly PolicyDocument[];
};

/**
 * What a change of a set may grant to somebody, for `counterExample`: bindings, roles that are bound, grants of models,
 * and tags, by which statements reach. Where a deny or a boundary goes or changes, nothing less than everything is said
 * to be granted: what it held back cannot be told. What only narrows grants nothing.
 */
export function grantedBy(change: SetChange): readonly GrantedStatement[] {
  const before = new Map(change.before.map((document) => [documentId(document), document]));
  const after = new Map(change.after.map((document) => [documentId(document), document]));
  const shared = new Map(change.platform.filter(isHidden).map((document) => [documentId(document), document]));
  const granted: GrantedStatement[] = [];
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(id), after.get(id) ?? shared.get(id)];
    if (JSON.stringify(old) === JSON.stringify(now)) continue;
    granted.push(...grantedByOne(id, old, now, change));
  }
  return granted;
}

/** Kinds of which a tenant's own document hides the platform's of the same name: without it that one shows again. */
const isHidden = ({ kind }: PolicyDocument) =>
  kind === 'Model' || kind === 'Prompt' || kind === 'Route' || kind === 'McpServer';

function grantedByOne(
  id: string,
  old: PolicyDocument | undefined,
  now: PolicyDocument | undefined,
  change: SetChange,
): readonly GrantedStatement[] {
  switch ((now ?? old)?.kind) {
    case 'Boundary':
      return old ? [everything(id)] : [];
    case 'RoleBinding':
      return ofBinding(old as Binding | undefined, now as Binding | undefined, change);
    case 'Role':
      return ofRole(old as Role | undefined, now as Role | undefined, change);
    case 'Model':
      return now?.kind === 'Model' ? ofModel(old as DocumentOf<'Model'> | undefined, now) : [];
    case 'ProviderAccount':
      return ofProvider(old, now);
    case 'Prompt':
      return ofTags('prompt', old, now);
    case 'Route':
      return ofTags('route', old, now);
    case 'McpServer':
      return [...ofTags('mcp-server', old, now), ...ofTags('tool', old, now), ...ofTags('mcp-resource', old, now)];
    default:
      return [];
  }
}

type Binding = DocumentOf<'RoleBinding'>;
type Role = DocumentOf<'Role'>;

const everything = (id: string): GrantedStatement => ({ id, effect: 'allow', actions: ['*'], resources: ['**'] });

function ofBinding(
  old: Binding | undefined,
  now: Binding | undefined,
  { before, after, platform }: SetChange,
): readonly GrantedStatement[] {
  const id = documentId((now ?? old) as Binding);
  const statementsIn = (binding: Binding, set: readonly PolicyDocument[]) =>
    binding.spec.roles.flatMap((name) => statementsOf(name, set, platform, binding.spec.resources));
  // A binding carries its roles' denies too, and whoever is no longer bound loses them.
  if (old && statementsIn(old, before).some(({ effect }) => effect === 'deny')) return [everything(id)];
  return now ? statementsIn(now, after) : [];
}

function ofRole(
  old: Role | undefined,
  now: Role | undefined,
  { after, before, platform }: SetChange,
): readonly GrantedStatement[] {
  const name = (now ?? old)?.metadata.name ?? '';
  const isBound = (set: readonly PolicyDocument[]) => bindingsOf(name, set).length > 0;
  const kept = new Set((now?.spec.statements ?? []).map((statement) => JSON.stringify(statement)));
  const lost = (old?.spec.statements ?? []).filter((statement) => !kept.has(JSON.stringify(statement)));
  if (isBound(before) && lost.some(({ effect }) => effect === 'deny')) return [everything(`Role/${name}`)];
  // A platform's role may be bound in any tenant.
  const bindings = now?.metadata.tenant === PLATFORM ? [undefined] : bindingsOf(name, after);
  return bindings.flatMap((binding) => statementsOf(name, after, platform, binding?.spec.resources));
}

const bindingsOf = (role: string, set: readonly PolicyDocument[]) =>
  set.flatMap((document) => (document.kind === 'RoleBinding' && document.spec.roles.includes(role) ? [document] : []));

function statementsOf(
  name: string,
  set: readonly PolicyDocument[],
  platform: readonly PolicyDocument[],
  resources: readonly string[] | undefined,
): readonly GrantedStatement[] {
  const builtIn = builtInRoles.find((role) => role.name === name);
  if (builtIn) {
    return builtIn.statements
      .filter(({ binding }) => binding !== 'required' || resources)
      .map(({ binding, ...statement }) => {
        return { ...statement, id: `${name}/${statement.id}`, boundTo: binding === 'ignored' ? undefined : resources };
      });
  }
  const role = [...set, ...platform].find((document) => document.kind === 'Role' && document.metadata.name === name);
  if (role?.kind !== 'Role') return [];
  return role.spec.statements.map((each) => ({ ...each, id: `${name}/${each.id}`, boundTo: resources }));
}

/** Its grants, and where anything changed that statements reach it by, all use of it. */
function ofModel(old: DocumentOf<'Model'> | undefined, { metadata, spec }: DocumentOf<'Model'>) {
  const resources = [`model:${metadata.name}`];
  const read = (of: DocumentOf<'Model'>) => JSON.stringify([of.metadata.tags, of.metadata.labels, of.spec.types]);
  const granted: GrantedStatement[] = (spec.grants ?? []).map(({ subjects: _, ...scope }, n) => {
    return { ...scope, id: `model/${metadata.name}/grants/${n}`, effect: 'allow', resources };
  });
  if (old && read(old) === read({ ...old, metadata, spec })) return granted;
  return [...granted, { id: `Model/${metadata.name}`, effect: 'allow' as const, actions: ['model:*'], resources }];
}

/** Conditions read the provider of an account's models. */
function ofProvider(old: PolicyDocument | undefined, now: PolicyDocument | undefined): readonly GrantedStatement[] {
  if (old?.kind !== 'ProviderAccount' || now?.kind !== 'ProviderAccount') return [];
  if (old.spec.provider === now.spec.provider) return [];
  const resources = [`model:${now.metadata.name}/*`];
  return [{ id: documentId(now), effect: 'allow', actions: ['model:*'], resources }];
}

function ofTags(type: string, old: PolicyDocument | undefined, now: PolicyDocument | undefined): GrantedStatement[] {
  const read = (of: PolicyDocument | undefined) => JSON.stringify([of?.metadata.tags ?? {}, of?.metadata.labels ?? {}]);
  if (!now || read(old) === read(now)) return [];
  const { name } = now.metadata;
  const path = type === 'tool' ? `${name}/*` : type === 'mcp-resource' ? `${name}/**` : name;
  return [{ id: documentId(now), effect: 'allow', actions: [`${type}:*`], resources: [`${type}:${path}`] }];
}
