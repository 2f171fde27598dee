import {
  actions,
  builtInRoles,
  isAction,
  operations,
  type Condition,
  type PolicyDocument,
} from '#libs/policy-language';
import { naiveCondition, naiveGlob } from './naive-conditions.fixture.js';
import type { NaiveDecision, NaivePolicy, NaiveRequest, NaiveResource } from './naive-request.fixture.js';

type Scope = {
  actions: readonly string[];
  when?: readonly Condition[] | undefined;
  unless?: readonly Condition[] | undefined;
};
type Held = Scope & { id: string; effect: 'allow' | 'deny'; reach: (readonly string[])[] };

/**
 * The language read off its description, with nothing compiled and nothing shared with the engine but the vocabulary
 * and the table of built-in roles: every document is looked at for every request.
 */
export function naiveDecide(policy: NaivePolicy, request: NaiveRequest): NaiveDecision {
  const { principal, credential, resource: asked } = request;
  const isModel = asked.type === 'model';
  const ungranted = isModel ? 'model_not_allowed' : 'action_not_allowed';
  const declared = isAction(request.action) ? actions[request.action] : undefined;
  if (!declared || declared.type !== asked.type) return no('action_not_allowed', 'no_matching_rule');
  if (credential.kind === 'svc' && declared.use === 'data') return no('action_not_allowed', 'credential_restriction');
  const { scopes, restrictions, details } = credential;
  if (scopes && !scopes.includes(request.action)) return no('insufficient_scope', 'insufficient_scope');
  const isFrom = (cidr?: readonly string[]) =>
    !cidr || naiveCondition({ attr: 'request.ip', cidr: [...cidr] }, request, EMPTY) === true;
  if (!isFrom(restrictions?.cidrs) || !isFrom(details?.cidrs)) return no('ip_not_allowed', 'ip_restriction');
  const { path, name = path, tenant = policy.tenant, tags = {} } = asked;
  const given = { ...EMPTY, ...asked, name, tenant, tags };
  const resource = isModel ? modelResource(policy, path) : given;
  if (principal.operator) {
    if (declared.use === 'data') return no(ungranted, 'no_matching_rule');
    return narrowed(request, declared.use, resource ?? given, 'operator', ['operator/administration']);
  }
  if (principal.tenant !== policy.tenant) return no(ungranted, 'other_tenant');
  if (!resource) return no('model_not_allowed', 'unknown_model');
  if (!isModel && resource.tenant !== policy.tenant) return no(ungranted, 'other_tenant');
  const owner = ownerDecision(policy, request, resource);
  if (owner.reason !== 'granted') {
    const code = isModel && isOpenOtherwise(policy, request, resource) ? 'action_not_allowed' : ungranted;
    return no(code, owner.reason, owner.statements, owner.boundaries);
  }
  if (request.action === 'model:invoke' && resource.tags['env'] === undefined) {
    return no('untagged_resource', 'untagged_resource', owner.statements);
  }
  return narrowed(request, declared.use, resource, 'granted', owner.statements);
}

const no = (code: string, reason: string, statements: string[] = [], boundaries: string[] = []): NaiveDecision => {
  return { allowed: false, code, reason, statements, boundaries };
};

function narrowed(request: NaiveRequest, use: string, resource: NaiveResource, reason: string, statements: string[]) {
  const { restrictions, details } = request.credential;
  const code = keyRefusal(restrictions, request, use, resource) ?? keyRefusal(details, request, use, resource);
  if (code) return no(code, 'credential_restriction', statements);
  return { allowed: true, code: null, reason, statements, boundaries: [] };
}

const isOpenOtherwise = (policy: NaivePolicy, request: NaiveRequest, resource: NaiveResource) =>
  operations.some((operation) => {
    const other = { ...request, request: { ...request.request, operation } };
    return ownerDecision(policy, other, resource).reason === 'granted';
  });

const EMPTY: NaiveResource = { type: '', path: '', tenant: '', name: '', tags: {} };

function modelResource({ own, platform }: NaivePolicy, path: string): NaiveResource | undefined {
  const among = own.some(({ kind, metadata }) => kind === 'Model' && metadata.name === path) ? own : platform;
  const model = among.find(({ kind, metadata }) => kind === 'Model' && metadata.name === path);
  if (model?.kind !== 'Model') return undefined;
  const account = among.find(
    ({ kind, metadata }) => kind === 'ProviderAccount' && metadata.name === path.split('/')[0],
  );
  const { labels = {}, tags = {}, tenant } = model.metadata;
  return {
    type: 'model',
    path,
    name: path,
    tenant,
    tags,
    types: model.spec.types,
    ...(account?.kind === 'ProviderAccount' ? { provider: account.spec.provider } : {}),
    ...(labels['owner'] === undefined ? {} : { owner: labels['owner'] }),
    ...(labels['team'] === undefined ? {} : { team: labels['team'] }),
  };
}

function ownerDecision(policy: NaivePolicy, request: NaiveRequest, resource: NaiveResource) {
  const documents = [...policy.platform, ...policy.own];
  const held = statementsOf(policy, request).filter(
    (statement) =>
      concerns(statement.actions, request.action) &&
      statement.reach.every((patterns) => patterns.some((pattern) => names(pattern, resource))),
  );
  const denies = held
    .filter(({ effect }) => effect === 'deny')
    .filter(
      ({ when = [], unless = [] }) =>
        when.every((c) => naiveCondition(c, request, resource) !== false) &&
        unless.every((c) => naiveCondition(c, request, resource) !== true),
    );
  const allows = held
    .filter(({ effect }) => effect === 'allow')
    .filter((statement) => surely(statement, request, resource));
  const boundaries = documents
    .flatMap((document) =>
      document.kind === 'Boundary' && document.spec.appliesTo.some((subject) => isMeant(subject, request))
        ? [document]
        : [],
    )
    .filter(
      ({ spec }) =>
        !spec.allow.some(
          (statement) =>
            concerns(statement.actions, request.action) &&
            statement.resources.some((pattern) => names(pattern, resource)) &&
            surely(statement, request, resource),
        ),
    )
    .map(({ metadata }) => metadata.name);
  const failed = [...new Set(boundaries)].toSorted();
  if (denies.length > 0) return { reason: 'explicit_deny', statements: cited(denies), boundaries: failed };
  if (failed.length > 0) return { reason: 'boundary', statements: [], boundaries: failed };
  return allows.length > 0
    ? { reason: 'granted', statements: cited(allows), boundaries: [] }
    : { reason: 'no_matching_rule', statements: [], boundaries: [] };
}

const cited = (statements: readonly Held[]) => [...new Set(statements.map(({ id }) => id))].toSorted().slice(0, 8);

function surely({ when = [], unless = [] }: Scope, request: NaiveRequest, resource: NaiveResource): boolean {
  return (
    when.every((c) => naiveCondition(c, request, resource) === true) &&
    unless.every((c) => naiveCondition(c, request, resource) === false)
  );
}

function statementsOf({ own, platform }: NaivePolicy, request: NaiveRequest): Held[] {
  const held: Held[] = [];
  for (const document of [...platform, ...own]) {
    const { metadata, spec, kind } = document;
    if (kind === 'Model') {
      const isHidden =
        platform.includes(document) &&
        own.some((other) => other.kind === 'Model' && other.metadata.name === metadata.name);
      for (const [n, grant] of (spec.grants ?? []).entries()) {
        if (isHidden || !grant.subjects.some((subject) => isMeant(subject, request))) continue;
        held.push({
          ...grant,
          id: `model/${metadata.name}/grants/${n}`,
          effect: 'allow',
          reach: [[`model:${metadata.name}`]],
        });
      }
    }
    if (kind !== 'RoleBinding' || !spec.subjects.some((subject) => isMeant(subject, request))) continue;
    if (spec.expires && Date.parse(spec.expires) <= request.request.timeMs) continue;
    for (const role of spec.roles)
      held.push(...ofRole(role, spec.resources, platform.includes(document) ? platform : own, platform));
  }
  return held;
}

function ofRole(
  name: string,
  resources: readonly string[] | undefined,
  near: readonly PolicyDocument[],
  platform: readonly PolicyDocument[],
): Held[] {
  const narrow = (own: readonly string[] = ['**']) => (resources ? [own, resources] : [own]);
  const builtIn = builtInRoles.find((role) => role.name === name);
  if (builtIn) {
    return builtIn.statements
      .filter(({ binding }) => binding !== 'required' || resources)
      .map((statement) => ({
        ...statement,
        id: `${name}/${statement.id}`,
        reach: statement.binding === 'ignored' ? [statement.resources ?? []] : narrow(statement.resources),
      }));
  }
  const role = [...near, ...platform].find(({ kind, metadata }) => kind === 'Role' && metadata.name === name);
  if (role?.kind !== 'Role') throw new Error(`generated policy names no role ${name}`);
  return role.spec.statements.map((statement) => ({
    ...statement,
    id: `${name}/${statement.id}`,
    reach: narrow(statement.resources),
  }));
}

function isMeant(subject: string, { principal }: NaiveRequest): boolean {
  const { kind, id, name, teams, groups } = principal;
  if (subject === '*') return true;
  if (subject === 'everyone' || subject === 'user:*') return kind === 'user';
  if (subject === 'virtual-account:*') return kind === 'virtual-account';
  const mine = [
    `${kind}:${id}`,
    ...(kind === 'virtual-account' && name ? [`${kind}:${name}`] : []),
    ...teams.map((team) => `team:${team}`),
    ...groups.map((group) => `idp-group:${group}`),
  ];
  return mine.includes(subject);
}

const isOperatorOnly = (action: string) => isAction(action) && actions[action].operatorOnly === true;
const concerns = (patterns: readonly string[], action: string) =>
  !isOperatorOnly(action) &&
  patterns.some((pattern) => pattern === '*' || naiveGlob(pattern.replace(':', '/'), action.replace(':', '/')));

function names(pattern: string, { type, path }: NaiveResource): boolean {
  if (pattern === '**') return true;
  return pattern.startsWith(`${type}:`) && naiveGlob(pattern.slice(type.length + 1), path);
}

function keyRefusal(
  narrowing: NaiveRequest['credential']['restrictions'],
  request: NaiveRequest,
  use: string,
  resource: NaiveResource,
): string | undefined {
  const { models, accounts, environments, operations: wanted, statements } = narrowing ?? {};
  if ((models || accounts || environments) && use === 'admin') return 'action_not_allowed';
  if (resource.type === 'model' && models && !models.some((glob) => naiveGlob(glob, resource.path)))
    return 'model_not_allowed';
  if (
    resource.type === 'model' &&
    accounts &&
    !accounts.some((glob) => naiveGlob(glob, resource.path.split('/')[0] ?? ''))
  )
    return 'model_not_allowed';
  if (environments && !environments.includes(resource.tags['env'] ?? '')) return 'environment_not_allowed';
  if (wanted && !(wanted as readonly string[]).includes(request.request.operation)) return 'action_not_allowed';
  if (!statements) return undefined;
  const reaching = statements.filter(({ resources }) => resources.some((pattern) => names(pattern, resource)));
  if (reaching.some((statement) => concerns(statement.actions, request.action) && surely(statement, request, resource)))
    return undefined;
  return resource.type === 'model' && reaching.length === 0 ? 'model_not_allowed' : 'action_not_allowed';
}
