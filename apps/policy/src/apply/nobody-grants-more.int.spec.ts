import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { account, binding, bundle, document, Policy } from '../policy.fixture.js';

const policy = new Policy();

const model = (name: string, env: string, spec: object = {}, tenant = 'acme') =>
  JSON.stringify({
    apiVersion: 'gatehouse/v1',
    kind: 'Model',
    metadata: { name, tenant, tags: { env } },
    spec: { upstreamModel: 'm', types: ['chat'], ...spec },
  });
const allow = (id: string, actions: string[], resources: string[], more: object = {}) => {
  return { id, effect: 'allow', actions, resources, ...more };
};
const deny = (id: string, actions: string[], resources: string[], more: object = {}) => {
  return { ...allow(id, actions, resources, more), effect: 'deny' };
};
const roleOf = (name: string, ...statements: object[]) => document('Role', 'acme', name, { statements });
const ceiling = (...resources: string[]) =>
  document('Boundary', 'acme', 'ceiling', { appliesTo: ['*'], allow: [{ actions: ['*'], resources }] });

/** What may be applied, and read to see what is there; nothing else. */
const author = roleOf(
  'author',
  allow('apply', ['policy:apply', 'policy:read', 'revision:read'], ['policy:**', 'revision:*']),
);
const staging = allow('staging', ['model:invoke'], ['model:main/*'], {
  when: [{ attr: 'resource.tags.env', in: ['staging'] }],
});

beforeAll(async () => {
  await policy.open();
  // Revision 2 is looser than what follows: the deny and the boundary come with 3.
  await policy.apply(
    'ada',
    bundle(account('main'), model('main/live', 'production'), model('main/test', 'staging'), author),
  );
  const careful = roleOf('careful', staging, deny('never', ['model:invoke'], ['model:main/*'], { unless: [LOW] }));
  const rest = [
    careful,
    roleOf('members', staging),
    ceiling('**'),
    binding('authors', 'user:user_con', ['author', 'careful']),
    binding('team', 'team:team-con', ['members']),
  ];
  const { status, text } = await policy.apply('ada', bundle(...rest));
  if (status !== 200) throw new Error(text);
});
afterAll(() => policy.close());

const LOW = { attr: 'principal.labels.clearance', eq: 'high' };

/** Con holds `policy:apply` and nothing of what these would give them. */
const waysUp: readonly [string, () => string][] = [
  ['their own role', () => roleOf('author', allow('apply', ['policy:apply', 'key:*'], ['policy:**', 'key:**']))],
  ['a role that they are bound to by another', () => roleOf('careful', allow('all', ['model:*'], ['model:*/*']))],
  ['a role of a team that they may be in', () => roleOf('members', allow('all', ['model:*'], ['model:*/*']))],
  ['a binding of their own to admin', () => binding('mine', 'user:user_con', ['admin'])],
  ['a binding of their own to less, with what they do not hold', () => binding('mine', 'user:user_con', ['viewer'])],
  ['their own binding, with a role more', () => binding('authors', 'user:user_con', ['author', 'careful', 'manager'])],
  ['a binding of a team', () => binding('team', 'team:team-con', ['members', 'manager'])],
  ['a binding of everyone', () => binding('all', 'everyone', ['developer'])],
  ['a binding of an account that they could have', () => binding('robot', 'virtual-account:etl', ['manager'])],
  [
    'a grant beside a model',
    () => model('main/live', 'production', { grants: [{ subjects: ['user:user_con'], actions: ['model:invoke'] }] }),
  ],
  ['another environment of a model', () => model('main/live', 'staging')],
  ['another model behind a name that they reach', () => model('main/test', 'staging', { upstreamModel: 'dearer' })],
  ['another upstream behind an account', () => account('main', 'acme', 'https://elsewhere.example/v1')],
  ['a role without its deny', () => roleOf('careful', staging)],
  [
    'an exception more for a deny',
    () =>
      roleOf(
        'careful',
        staging,
        deny('never', ['model:invoke'], ['model:main/*'], { unless: [LOW, { attr: 'request.operation', eq: 'chat' }] }),
      ),
  ],
  ['a deny of less', () => roleOf('careful', staging, deny('never', ['model:invoke'], ['model:main/live']))],
  ['the binding without the role that denies', () => binding('authors', 'user:user_con', ['author'])],
  ['a boundary that leaves more open', () => ceiling('model:**', 'policy:**')],
  [
    'a role and its binding in one bundle',
    () => bundle(roleOf('both', allow('all', ['key:*'], ['key:**'])), binding('both', 'user:user_con', ['both'])),
  ],
  [
    'a statement under a condition that only they meet',
    () =>
      roleOf(
        'author',
        allow('apply', ['policy:apply'], ['policy:**']),
        allow('me', ['model:invoke'], ['model:main/*'], { when: [{ attr: 'principal.id', eq: 'user_con' }] }),
      ),
  ],
];

describe('who may apply policy and holds nothing else', () => {
  it.each(waysUp)('cannot give themselves more by %s', async (_way, yaml) => {
    const before = (await policy.ask('ada', 'GET /v1/revisions?limit=1')).body.data[0].revision;
    const { status, body, headers } = await policy.apply('con', yaml());
    expect([status, body.code]).toEqual([403, 'grant/not-held']);
    expect(body.errors[0]).toMatchObject({
      statement: expect.any(String),
      action: expect.stringMatching(/^[a-z*-]+:?[a-z*]*$/),
      resource: expect.any(String),
      detail: expect.stringContaining('It cannot be shown that you hold'),
    });
    const record = policy.records.find(({ decision_id }) => decision_id === headers['gatehouse-decision-id']);
    expect(record).toMatchObject({ outcome: 'deny', reason: 'grant_not_held', principal_id: 'user_con' });
    expect((await policy.ask('ada', 'GET /v1/revisions?limit=1')).body.data[0].revision).toBe(before);
  });

  it('cannot delete a boundary, a deny, or a binding that carries one', async () => {
    for (const path of ['boundaries/ceiling', 'role-bindings/authors']) {
      const { status, body } = await policy.ask('con', `DELETE /v1/${path}`, undefined, { 'if-match': '*' });
      expect([path, status, body.code]).toEqual([path, 403, 'grant/not-held']);
    }
  });

  it('cannot roll back to a looser revision, nor prune what holds them back', async () => {
    const rollback = await policy.ask('con', 'POST /v1/revisions/2/rollback', {});
    expect([rollback.status, rollback.body.code]).toEqual([403, 'grant/not-held']);
    const pruned = await policy.apply('con', bundle(account('main'), author), '?prune=true');
    expect([pruned.status, pruned.body.code]).toEqual([403, 'grant/not-held']);
  });

  it('cannot do it in two steps: a role that nobody holds is harmless until it is bound', async () => {
    expect((await policy.apply('con', roleOf('sleeper', allow('all', ['key:*'], ['key:**'])))).status).toBe(200);
    expect((await policy.apply('con', binding('sleeper', 'user:user_con', ['sleeper']))).body.code).toBe(
      'grant/not-held',
    );
    const harmless = bundle(
      roleOf('shell', allow('read', ['policy:read'], ['policy:Role/*'])),
      binding('shell', 'user:user_con', ['shell']),
    );
    expect((await policy.apply('con', harmless)).status).toBe(200);
    const filled = roleOf('shell', allow('all', ['key:*'], ['key:**']));
    expect((await policy.apply('con', filled)).body.code).toBe('grant/not-held');
  });

  it('may hand on what they hold, and narrow what others hold', async () => {
    const handed = bundle(
      roleOf('reader', allow('read', ['policy:read'], ['policy:**'])),
      binding('readers', 'team:ops', ['reader']),
    );
    expect((await policy.apply('con', handed)).status).toBe(200);
    const narrower = [
      allow('read', ['policy:read'], ['policy:Role/*']),
      deny('not', ['policy:read'], ['policy:Boundary/*']),
    ];
    const { status, text } = await policy.apply('con', roleOf('reader', ...narrower));
    expect([status, text]).toMatchObject([200, expect.any(String)]);
    expect((await policy.apply('con', ceiling('**').replace('"*"]', '"*", "team:ops"]'))).status).toBe(200);
  });
});

describe('who administers the tenant', () => {
  it('may grant anything inside it', async () => {
    for (const [, yaml] of waysUp.slice(3, 5)) expect((await policy.apply('ada', yaml())).status).toBe(200);
    expect((await policy.ask('ada', 'DELETE /v1/role-bindings/mine', undefined, { 'if-match': '*' })).status).toBe(200);
  });

  it('is no longer excepted when they are no longer administrator, and what they granted stays', async () => {
    await policy.apply('ada', binding('cons', 'user:user_con', ['admin']));
    expect((await policy.apply('con', binding('made-by-con', 'team:later', ['developer']))).status).toBe(200);
    await policy.apply('ada', binding('cons', 'user:user_con', ['admin'], 'acme', { resources: ['policy:**'] }));
    const { body } = await policy.apply('con', binding('made-by-con', 'team:later', ['developer', 'manager']));
    expect(body.code).toBe('grant/not-held');
    expect(await policy.named('ada', 'role-bindings')).toContain('made-by-con');
  });
});
