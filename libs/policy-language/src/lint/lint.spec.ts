import { describe, expect, it } from 'vitest';
import { at, base, errorsOf, lint, role, settings, withCondition, type Loose, whole } from './lint.fixture.js';

describe('references', () => {
  it.each([
    [
      'an action',
      role({ actions: ['model:invoek'] }),
      `unknown-action | Role/r | ${at('/actions/0')} | Did you mean "model:invoke"?`,
    ],
    [
      'a resource type',
      role({ resources: ['models:*/*'] }),
      `unknown-resource-type | Role/r | ${at('/resources/0')} | Did you mean "model"?`,
    ],
    [
      'a model named in full',
      role({ resources: ['model:main/gpt-5'] }),
      `unknown-model | Role/r | ${at('/resources/0')} | Did you mean "main/gpt-4"?`,
    ],
    [
      'an attribute',
      withCondition({ attr: 'resource.tag.env', eq: 'x' }),
      `unknown-attribute | Role/r | ${at('/when/0/attr')} | Did you mean "resource.tags.env"?`,
    ],
    [
      'an attribute on the right',
      withCondition({ attr: 'resource.tags.env', eq: { ref: 'principal.tenants' } }),
      `unknown-attribute | Role/r | ${at('/when/0/eq/ref')} | Did you mean "principal.tenant"?`,
    ],
    [
      'an operator',
      withCondition({ attr: 'resource.tags.env', equals: 'x' }),
      `unknown-operator | Role/r | ${at('/when/0/equals')}`,
    ],
    [
      'an operation',
      withCondition({ attr: 'request.operation', in: ['chats'] }),
      `unknown-value | Role/r | ${at('/when/0/in/0')} | Did you mean "chat"?`,
    ],
    [
      'a role',
      { kind: 'RoleBinding', metadata: { name: 'b' }, spec: { subjects: ['team:x'], roles: ['develper'] } },
      'unknown-role | RoleBinding/b | /spec/roles/0 | Did you mean "developer"?',
    ],
    [
      'a subject',
      { kind: 'RoleBinding', metadata: { name: 'b' }, spec: { subjects: ['teams:x'], roles: ['admin'] } },
      'unknown-subject | RoleBinding/b | /spec/subjects/0 | Did you mean "team"?',
    ],
    [
      'an account',
      {
        kind: 'Model',
        metadata: { name: 'mian/x', tags: { env: 'production' } },
        spec: { upstreamModel: 'x', types: ['chat'] },
      },
      'unknown-provider-account | Model/mian/x | /metadata/name | Did you mean "main"?',
    ],
    [
      'a target of a route',
      {
        kind: 'Route',
        metadata: { name: 't' },
        spec: { model: 'a', strategy: 'priority', targets: [{ model: 'main/gpt4' }] },
      },
      'unknown-model | Route/t | /spec/targets/0/model | Did you mean "main/gpt-4"?',
    ],
    [
      'a variable of a prompt',
      {
        kind: 'Prompt',
        metadata: { name: 'p' },
        spec: { variables: { name: { type: 'string' } }, messages: [{ role: 'user', content: 'Hi {{nmae}}' }] },
      },
      'unknown-variable | Prompt/p | /spec/messages/0/content | Did you mean "name"?',
    ],
  ])('to %s that does not exist are errors with a suggestion', (_, document, expected) => {
    expect(errorsOf(document as Loose).filter((error) => error.startsWith(expected))).toHaveLength(1);
  });

  it('may go to documents of the platform', () => {
    const platform = whole(
      [{ ...base[0], metadata: { name: 'shared' } } as Loose, { ...base[1], metadata: { name: 'shared/m' } } as Loose],
      'platform',
    );
    expect(lint([role({ resources: ['model:shared/m'] })], 'acme', platform).errors).toEqual([]);
  });

  it("put no model of a tenant on an account of the platform: it would spend the platform's credential", () => {
    const own = { ...base[1], metadata: { name: 'shared/mine', tags: { env: 'production' } } } as Loose;
    expect(lint([own], 'acme', [{ ...base[0], metadata: { name: 'shared' } } as Loose]).errors).toEqual([
      'unknown-provider-account | Model/shared/mine | /metadata/name',
    ]);
  });
});

it('a route that follows latency cannot keep callers to a target', () => {
  const route = (strategy: string) => {
    const sticky = { by: ['principal'], ttlSeconds: 60 };
    return {
      kind: 'Route',
      metadata: { name: 't' },
      spec: { model: 'a', strategy, targets: [{ model: 'main/gpt-4' }], sticky },
    };
  };
  expect(errorsOf(route('latency'))).toEqual([
    'sticky-latency | Route/t | /spec/sticky | Use strategy weight or priority.',
  ]);
  expect(errorsOf(route('weight'))).toEqual([]);
});

describe('statements', () => {
  it.each([
    [
      'a model pattern of one part',
      role({ resources: ['model:gpt-4'] }),
      `never-matches | Role/r | ${at('/resources/0')} | Did you mean "model:*/gpt-4"?`,
    ],
    [
      'a model pattern of three parts',
      role({ resources: ['model:a/b/*'] }),
      `never-matches | Role/r | ${at('/resources/0')}`,
    ],
    [
      'a resource that none of the actions is about',
      role({ resources: ['model:*/*', 'key:**'] }),
      `never-matches | Role/r | ${at('/resources/1')}`,
    ],
    [
      'an action about none of the resources',
      role({ actions: ['model:list', 'key:read'] }),
      `never-matches | Role/r | ${at('/actions/1')} | Add a resource such as key:**.`,
    ],
    [
      'an operator that does not take the attribute',
      withCondition({ attr: 'principal.teams', eq: 'red' }),
      `operator-does-not-fit | Role/r | ${at('/when/0/eq')} | Operators that do: exists, anyOf, allOf.`,
    ],
    [
      'a value of another type',
      withCondition({ attr: 'credential.ageDays', eq: 'old' }),
      `value-does-not-fit | Role/r | ${at('/when/0/eq')}`,
    ],
    [
      'a network that is none',
      withCondition({ attr: 'request.ip', cidr: '10.0.0.0/33' }),
      `not-a-network | Role/r | ${at('/when/0/cidr')}`,
    ],
    [
      'what only operators may do',
      role({ actions: ['tenant:suspend'], resources: ['tenant:**'] }),
      `operator-only | Role/r | ${at('/actions/0')}`,
    ],
  ])('with %s are errors', (_, document, expected) => expect(errorsOf(document)).toEqual([expected]));

  it('without resources need a tenant-wide role', () => {
    expect(errorsOf(role({ resources: undefined }))).toEqual([
      `no-resource-selector | Role/r | ${at('')} | Add resources, or mark the role with spec.tenantWide: true.`,
    ]);
    expect(errorsOf(role({ resources: undefined }, { tenantWide: true }))).toEqual([]);
  });

  it('have ids, each once', () => {
    expect(errorsOf(role({ id: undefined }))).toEqual([`missing-id | Role/r | ${at('/id')}`]);
    const twice = role({});
    const spec = {
      statements: [role({}), role({})].flatMap(({ spec }) => (spec as { statements: object[] }).statements),
    };
    expect(errorsOf({ ...twice, spec })).toEqual(['duplicate-id | Role/r | /spec/statements/1/id']);
  });

  it('with an empty list are errors, never everything', () => {
    for (const statement of [
      { actions: [] },
      { resources: [] },
      { when: [] },
      { when: [{ attr: 'resource.tags.env', in: [] }] },
    ]) {
      expect(errorsOf(role(statement))).toHaveLength(1);
    }
  });

  it('take exactly one operator a condition', () => {
    expect(errorsOf(withCondition({ attr: 'resource.tags.env', eq: 'x', ne: 'y' }))).toHaveLength(1);
    expect(errorsOf(withCondition({ attr: 'resource.tags.env' }))).toHaveLength(1);
    expect(errorsOf(withCondition({ attr: 'resource.tags.env', equals: 'x' }))).toHaveLength(1);
    expect(errorsOf(withCondition({ attr: 'resource.tags.env', equals: 'x', ne: 'y' }))).toHaveLength(1);
    expect(errorsOf(role({ when: [['resource.tags.env', 'x']] }))).toHaveLength(1);
  });

  it('warn where the caller chooses what lets them in', () => {
    const project = { attr: 'request.metadata.project', eq: 'x' };
    expect(lint([...base, withCondition(project)]).warnings).toEqual([
      `caller-chosen-attribute | Role/r | ${at('/when/0/attr')}`,
    ]);
    expect(lint([...base, withCondition(project, { effect: 'deny' })]).warnings).toEqual([]);
    expect(lint([...base, role({ effect: 'deny', unless: [project] })]).warnings).toHaveLength(1);
    const pinned = { ...settings, spec: { requiredMetadata: { project: ['x', 'y'] } } };
    expect(lint([...base, pinned, withCondition(project)]).warnings).toEqual([]);
  });
});

describe('roles', () => {
  it('cannot take the name of a built-in role', () => {
    expect(errorsOf({ ...role({}), metadata: { name: 'admin' } })).toEqual([
      'built-in-role | Role/admin | /metadata/name | Copy it under another name.',
    ]);
  });

  it('cannot take the name of a platform role', () => {
    expect(lint([role({})], 'acme', [role({})]).errors).toEqual([
      'role-name-taken | Role/r | /metadata/name | Take another name.',
    ]);
  });
});
