import { builtInRoles, documentId, PLATFORM, type DocumentOf, type PolicyDocument } from '#libs/policy-language';
import type { GrantedStatement } from './contains.js';
import { tagsRead } from './tags-read.js';

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
      return old && !isStricter(old as Boundary, now as Boundary | undefined) ? [everything(id)] : [];
    case 'RoleBinding':
      return ofBinding(old as Binding | undefined, now as Binding | undefined, change);
    case 'Role':
      return ofRole(old as Role | undefined, now as Role | undefined, change);
    case 'Model':
      return now?.kind === 'Model' ? ofModel(old as Model | undefined, now, change) : [];
    case 'ProviderAccount':
      return ofProvider(old, now);
    case 'Prompt':
      return ofTags('prompt', old, now, change);
    case 'Route':
      return ofTags('route', old, now, change);
    case 'McpServer':
      return (['mcp-server', 'tool', 'mcp-resource'] as const).flatMap((type) => ofTags(type, old, now, change));
    default:
      return [];
  }
}

type Binding = DocumentOf<'RoleBinding'>;
type Role = DocumentOf<'Role'>;
type Model = DocumentOf<'Model'>;
type Boundary = DocumentOf<'Boundary'>;

const everything = (id: string): GrantedStatement => ({ id, effect: 'allow', actions: ['*'], resources: ['**'] });
const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
const holdsAll = (all: readonly unknown[], some: readonly unknown[]) => {
  const known = new Set(all.map((each) => JSON.stringify(each)));
  return some.every((each) => known.has(JSON.stringify(each)));
};

/** It applies to no fewer, and leaves open nothing that it did not. */
function isStricter(old: Boundary, now: Boundary | undefined): boolean {
  return (
    now !== undefined && holdsAll(now.spec.appliesTo, old.spec.appliesTo) && holdsAll(old.spec.allow, now.spec.allow)
  );
}

function ofBinding(
  old: Binding | undefined,
  now: Binding | undefined,
  { before, after, platform }: SetChange,
): readonly GrantedStatement[] {
  const id = documentId((now ?? old) as Binding);
  const statementsIn = (binding: Binding, set: readonly PolicyDocument[]) =>
    binding.spec.roles.flatMap((name) => statementsOf(name, set, platform, binding.spec.resources));
  // A binding carries its roles' denies too, and whoever is no longer bound loses them.
  const isLost = old && !(now && isWider(old, now));
  if (isLost && statementsIn(old, before).some(({ effect }) => effect === 'deny')) return [everything(id)];
  return !now || (old && isWider(now, old)) ? [] : statementsIn(now, after);
}

/** Whoever holds something by `one` holds it by `other` too. */
function isWider(one: Binding, other: Binding): boolean {
  const isAsLong = isSame([one.spec.resources, one.spec.expires], [other.spec.resources, other.spec.expires]);
  return isAsLong && holdsAll(other.spec.subjects, one.spec.subjects) && holdsAll(other.spec.roles, one.spec.roles);
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
  // What it said before, whoever is bound to it held already; a binding that is new is looked at itself.
  const held = new Set((old?.spec.statements ?? []).map((statement) => JSON.stringify(statement)));
  const added = now?.spec.statements.filter((statement) => !held.has(JSON.stringify(statement))) ?? [];
  const ids = new Set(added.map(({ id }) => `${name}/${id}`));
  return bindings
    .flatMap((binding) => statementsOf(name, after, platform, binding?.spec.resources))
    .filter(({ id }) => now === undefined || ids.has(id));
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

/** Grants that it did not have, and where anything changed that statements reach it by, or what it runs, all use of it. */
function ofModel(old: Model | undefined, now: Model, change: SetChange): readonly GrantedStatement[] {
  const { metadata, spec } = now;
  const resources = [`model:${metadata.name}`];
  const had = new Set((old?.spec.grants ?? []).map((grant) => JSON.stringify(grant)));
  const granted = (spec.grants ?? []).flatMap((grant, n): GrantedStatement[] => {
    const { subjects: _, ...scope } = grant;
    const id = `model/${metadata.name}/grants/${n}`;
    return had.has(JSON.stringify(grant)) ? [] : [{ ...scope, id, effect: 'allow', resources }];
  });
  const keys = tagsRead('model', [change.before, change.after, change.platform]);
  const read = (of: Model) => [readOf(of, keys), of.spec.types, of.spec.upstreamModel];
  if (old && isSame(read(old), read(now))) return granted;
  return [...granted, { id: documentId(now), effect: 'allow', actions: ['model:*'], resources }];
}

/** What decisions read of a document's description: tags that some condition asks for, and whose it is. */
function readOf({ metadata: { tags = {}, labels = {} } }: PolicyDocument, keys: ReadonlySet<string>) {
  return [...[...keys].toSorted().map((key) => tags[key] ?? null), labels['owner'] ?? null, labels['team'] ?? null];
}

/** Conditions read the provider of an account's models; and another address is another model behind each name. */
function ofProvider(old: PolicyDocument | undefined, now: PolicyDocument | undefined): readonly GrantedStatement[] {
  if (old?.kind !== 'ProviderAccount' || now?.kind !== 'ProviderAccount' || isSame(old.spec, now.spec)) return [];
  const resources = [`model:${now.metadata.name}/*`];
  return [{ id: documentId(now), effect: 'allow', actions: ['model:*'], resources }];
}

function ofTags(
  type: 'prompt' | 'route' | 'mcp-server' | 'tool' | 'mcp-resource',
  old: PolicyDocument | undefined,
  now: PolicyDocument | undefined,
  { before, after, platform }: SetChange,
): GrantedStatement[] {
  if (!now) return [];
  const keys = tagsRead(type, [before, after, platform]);
  const untagged = { ...now, metadata: { name: now.metadata.name, tenant: now.metadata.tenant } } as PolicyDocument;
  if (isSame(readOf(old ?? untagged, keys), readOf(now, keys))) return [];
  const { name } = now.metadata;
  const path = type === 'tool' ? `${name}/*` : type === 'mcp-resource' ? `${name}/**` : name;
  return [{ id: documentId(now), effect: 'allow', actions: [`${type}:*`], resources: [`${type}:${path}`] }];
}
