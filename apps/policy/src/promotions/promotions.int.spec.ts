import { AccessFeed, PolicyView, promptVersionsOf } from '#libs/access';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { account, binding, bundle, document, Policy } from '../policy.fixture.js';

const policy = new Policy();
type Who = keyof Policy['keys'];

const tagged = (kind: string, name: string, spec: object, env?: string) => {
  const metadata = { name, tenant: 'acme', ...(env && { tags: { env } }) };
  return JSON.stringify({ apiVersion: 'gatehouse/v1', kind, metadata, spec });
};
const prompt = (content: string, env?: string, name = 'greeting') =>
  tagged(
    'Prompt',
    name,
    { variables: { name: { type: 'string', maxLength: 8 } }, messages: [{ role: 'system', content }] },
    env,
  );
const route = (env?: string, name = 'assistant') =>
  tagged('Route', name, { model: name, strategy: 'priority', targets: [{ model: 'main/a' }] }, env);
const limits = (limit: number) =>
  tagged('Limits', 'demo', { rules: [{ id: 'rpm', when: {}, limit, unit: 'requests_per_minute' }] });
const role = (name: string, action: string, type: string) =>
  document('Role', 'acme', name, {
    statements: [{ id: 'one', effect: 'allow', actions: [action], resources: [`${type}:**`] }],
  });
const LISTS = { id: 'one', effect: 'allow', actions: ['policy:read'], resources: ['policy:**'] };
const status = async (who: Who, yaml: string) => {
  const { status: answered, body } = await policy.apply(who, yaml);
  return answered === 200 ? 'ok' : `${answered} ${body.code}`;
};

beforeAll(async () => {
  await policy.open();
  const model = tagged('Model', 'main/a', { upstreamModel: 'a', types: ['chat'] }, 'production');
  const roles = [
    role('edits', 'prompt:edit', 'prompt'),
    role('promotes', 'prompt:promote', 'prompt'),
    role('deploys', 'route:deploy', 'route'),
    role('adjusts', 'limits:adjust', 'limits'),
  ];
  await policy.apply('ada', bundle(account('main'), model, ...roles, binding('mona', 'user:user_mona', ['manager'])));
  policy.keys.mona = await policy.identity.user('acme', 'user_mona', 'mona@acme.example');
});
afterAll(() => policy.close());

describe('a role with exactly one of them', () => {
  const changes: readonly [action: string, yaml: () => string][] = [
    ['edits', () => prompt(`Hi ${Math.random()}`, 'staging', 'only')],
    ['promotes', () => prompt('Staged', 'production', 'staged')],
    ['deploys', () => route(`env-${Math.random()}`, 'only')],
    ['adjusts', () => limits(Math.ceil(Math.random() * 1e6))],
    ['applies', () => document('Role', 'acme', `r-${Math.ceil(Math.random() * 1e6)}`, { statements: [LISTS] })],
  ];
  it.each(['edits', 'promotes', 'deploys', 'adjusts'])('%s passes that one and no other', async (name) => {
    await policy.apply('mona', prompt('Staged', 'staging', 'staged'));
    await policy.apply('ada', binding('con', 'user:user_con', [name]));
    for (const [action, yaml] of changes) {
      const outcome = await status('con', yaml());
      expect([action, outcome]).toEqual([action, action === name ? 'ok' : '403 action_not_allowed']);
    }
  });
});

describe('a prompt', () => {
  it('goes to production by a second person, and not by the same one twice', async () => {
    expect(await status('mona', prompt('Greet {{name}}.', 'staging'))).toBe('ok');
    const before = await policy.ask('ada', 'GET /v1/revisions?limit=1');
    const refused = await policy.apply('mona', prompt('Greet {{name}}.', 'production'));
    expect([refused.status, refused.body.code]).toEqual([403, 'promotion/second-person-required']);
    const record = policy.records.find(({ decision_id }) => decision_id === refused.headers['gatehouse-decision-id']);
    expect(record).toMatchObject({ outcome: 'deny', reason: 'second_person_required', action: 'prompt:promote' });
    expect((await policy.ask('ada', 'GET /v1/revisions?limit=1')).body.data).toEqual(before.body.data);
    expect(await status('ada', prompt('Greet {{name}}.', 'production'))).toBe('ok');
  });

  it('in production is not edited there, by administrators neither', async () => {
    expect(await status('ada', prompt('Changed.', 'production'))).toBe('403 promotion/second-person-required');
    const put = await policy.ask(
      'mona',
      'PUT /v1/prompts/greeting',
      { tags: { env: 'production' }, spec: { messages: [{ role: 'user', content: 'Changed.' }] } },
      { 'if-match': '*' },
    );
    expect([put.status, put.body.code]).toEqual([403, 'promotion/second-person-required']);
  });

  it('begins in production only by who administers the tenant, and a deleted one does not begin again', async () => {
    expect(await status('mona', prompt('New', 'production', 'begun'))).toBe('403 promotion/second-person-required');
    expect(await status('ada', prompt('New', 'production', 'begun'))).toBe('ok');
    await policy.ask('ada', 'DELETE /v1/prompts/begun', undefined, { 'if-match': '*' });
    expect(await status('ada', prompt('Other', 'production', 'begun'))).toBe('403 promotion/second-person-required');
  });

  it('is served by environment and version while a new version is on its way', async () => {
    expect(await status('mona', prompt('Welcome {{name}}.', 'staging'))).toBe('ok');
    const render = (body: object, who: Who = 'ada') => policy.ask(who, 'POST /v1/prompts/greeting/render', body);
    const variables = { name: 'Ada' };
    const texts = async (body: object) => (await render(body)).body.messages?.[0]?.content;
    expect(await texts({ environment: 'production', variables })).toBe('Greet Ada.');
    expect(await texts({ variables })).toBe('Welcome Ada.');
    expect(await texts({ version: 1, variables })).toBe('Greet Ada.');
    const { body } = await policy.ask('ada', 'GET /v1/prompts/greeting/versions');
    expect(
      body.data.map(({ version, environment, author, promoter }: Record<string, unknown>) => {
        return [version, environment, author, promoter];
      }),
    ).toEqual([
      [3, 'staging', 'user_mona', null],
      [2, 'production', 'user_mona', 'user_ada'],
      [1, 'staging', 'user_mona', null],
    ]);
    expect((await policy.pages('ada', '/v1/prompts/greeting/versions', 1)).length).toBe(3);
    expect(
      (await policy.ask('ada', 'GET /v1/prompts/greeting/versions?environment=production')).body.data,
    ).toHaveLength(1);
    expect((await policy.ask('ada', 'GET /v1/prompts/greeting/versions/2')).body).toMatchObject({
      object: 'prompt_version',
      version: 2,
    });
  });

  it('is 400, 401, 403, 404 and 422 where it has to be', async () => {
    const path = 'POST /v1/prompts/greeting/render';
    expect((await policy.ask('ada', path, { version: 1, environment: 'x', variables: { name: 'a' } })).status).toBe(
      400,
    );
    expect((await policy.ask('ada', path, { template: 'x' })).status).toBe(400);
    expect((await policy.ask(undefined, path, {})).status).toBe(401);
    await policy.ask('ada', 'DELETE /v1/role-bindings/con', undefined, { 'if-match': '*' });
    expect((await policy.ask('con', path, {})).status).toBe(403);
    expect((await policy.ask('con', 'GET /v1/prompts/greeting/versions')).status).toBe(403);
    expect((await policy.ask('gil', path, {})).status).toBe(404);
    expect((await policy.ask('gil', 'GET /v1/prompts/greeting/versions/1')).status).toBe(404);
    expect((await policy.ask('ada', 'GET /v1/prompts/greeting/versions/99')).status).toBe(404);
    expect((await policy.ask('ada', 'POST /v1/prompts/none/render', {})).status).toBe(404);
    const wrong = await policy.ask('ada', path, { variables: { name: 'far too long', other: 1 } });
    expect([wrong.status, wrong.body.errors.map(({ pointer }: { pointer: string }) => pointer)]).toEqual([
      422,
      ['/variables/other', '/variables/name'],
    ]);
  });
});

describe('a version of a prompt', () => {
  type Shown = { version: number; state: string; in_force: boolean; author: string; promoter: string | null };
  const path = 'prompts/served/versions';
  const draft = async (content: string) =>
    expect(await status('mona', prompt(content, 'staging', 'served'))).toBe('ok');
  const promote = (who: Who | undefined, version: number, etag: string | undefined = '*', body: object = {}) =>
    policy.ask(who, `POST /v1/${path}/${version}/promote`, body, { 'if-match': etag });
  const etag = async () => (await policy.ask('ada', `GET /v1/${path}`)).headers['etag'];
  const listed = async () => {
    const { body } = await policy.ask('ada', `GET /v1/${path}`);
    return (body.data as Shown[]).map(({ version, state, in_force: isInForce, author, promoter }) => {
      return [version, isInForce ? `${state}, in force` : state, author, promoter];
    });
  };
  /** What every gateway lets calls pin. */
  const pinnable = async () => {
    const position = Number((await policy.rows<{ p: string }>('select max(position) as p from events'))[0]?.p);
    await policy.app.get(AccessFeed, { strict: false }).waitForPosition('policy', position, 10_000);
    const found = policy.app.get(PolicyView, { strict: false }).snapshot('acme')?.document('Prompt', 'served');
    const kept = [...((found && promptVersionsOf(found)?.kept) ?? [])];
    return Object.fromEntries(kept.map(([version, { spec }]) => [version, spec.messages[0]?.content]));
  };

  it('is promoted by a second person at the ETag of its prompt, and can be pinned from then on', async () => {
    await draft('One.');
    expect(await pinnable()).toEqual({});
    const own = await promote('mona', 1);
    expect([own.status, own.body.code]).toEqual([403, 'promotion/second-person-required']);
    const promoted = await promote('ada', 1, await etag(), { reason: 'reviewed' });
    expect([promoted.status, promoted.body.changes]).toEqual([
      200,
      [{ kind: 'Prompt', name: 'served', change: 'set' }],
    ]);
    expect(promoted.headers['etag']).toBe(await etag());
    const { body } = await policy.ask('ada', `GET /v1/revisions/${promoted.body.revision}`);
    expect(body.reason).toBe('reviewed');
    expect(await listed()).toEqual([
      [2, 'promoted, in force', 'user_mona', 'user_ada'],
      [1, 'draft', 'user_mona', null],
    ]);
    expect(await pinnable()).toEqual({ 2: 'One.' });
    const again = await promote('ada', 2, await etag());
    expect([again.status, again.body.changed]).toEqual([200, false]);
  });

  it('that is edited and not promoted takes nothing from the promoted one', async () => {
    await draft('Worse.');
    expect(await listed()).toEqual([
      [3, 'draft, in force', 'user_mona', null],
      [2, 'promoted', 'user_mona', 'user_ada'],
      [1, 'draft', 'user_mona', null],
    ]);
    expect(await pinnable()).toEqual({ 2: 'One.' });
  });

  it('is promoted once where two promote at the same time', async () => {
    await draft('Two.');
    const read = await etag();
    const answers = await Promise.all([promote('ada', 3, read), promote('ada', 4, read)]);
    expect(answers.map(({ status: answered }) => answered).toSorted()).toEqual([200, 412]);
    expect(await pinnable()).toEqual({ 2: 'One.', 5: answers[0]?.status === 200 ? 'Worse.' : 'Two.' });
  });

  it('stays when its promoter may promote no more, who promotes no other', async () => {
    await policy.apply('ada', binding('con', 'user:user_con', ['promotes']));
    await draft('Three.');
    const before = await pinnable();
    expect((await promote('con', 6)).status).toBe(200);
    const after = { ...before, 7: 'Three.' };
    expect(await pinnable()).toEqual(after);
    await policy.ask('ada', 'DELETE /v1/role-bindings/con', undefined, { 'if-match': '*' });
    await draft('Four.');
    const refused = await promote('con', 8);
    expect([refused.status, refused.body.code]).toEqual([403, 'action_not_allowed']);
    expect(await pinnable()).toEqual(after);
  });

  it('stays when the revision that promoted it is rolled back, and goes for good when its prompt is deleted', async () => {
    const { body } = await policy.ask('ada', 'GET /v1/revisions?limit=1');
    const promoted = await promote('ada', 8);
    expect(promoted.status).toBe(200);
    const before = await pinnable();
    expect(before).toMatchObject({ 9: 'Four.' });
    await policy.ask('ada', `POST /v1/revisions/${body.data[0].revision}/rollback`, {});
    expect(await pinnable()).toEqual(before);
    expect((await listed())[0]).toEqual([10, 'draft, in force', 'user_ada', null]);
    await policy.ask('ada', 'DELETE /v1/prompts/served', undefined, { 'if-match': '*' });
    expect(await pinnable()).toEqual({});
    await draft('Anew.');
    expect(await pinnable()).toEqual({});
    expect((await listed()).slice(0, 3)).toEqual([
      [11, 'draft, in force', 'user_mona', null],
      [10, 'draft', 'user_ada', null],
      [9, 'retired', 'user_mona', 'user_ada'],
    ]);
    // What was in production once may come back by one person, as a version of its own.
    expect((await promote('mona', 9)).status).toBe(200);
    expect(await pinnable()).toEqual({ 12: 'Four.' });
  });

  it('is 400, 401, 403, 404, 412, 422 and 428 where it has to be, and then promotes nothing', async () => {
    const before = await pinnable();
    await draft('Five.');
    const [unread] = [await policy.ask('ada', `POST /v1/${path}/13/promote`, {}, { 'if-match': undefined })];
    expect([unread.status, unread.body.code]).toEqual([428, 'precondition/required']);
    expect((await promote('ada', 13, '"1"')).status).toBe(412);
    expect((await promote('ada', 13, '*', { env: 'production' })).status).toBe(400);
    expect((await policy.ask('ada', `POST /v1/${path}/x/promote`, {}, { 'if-match': '*' })).status).toBe(400);
    expect((await promote(undefined, 13)).status).toBe(401);
    for (const version of [13, 99]) expect((await promote('con', version)).status).toBe(403);
    const none = await promote('ada', 99);
    expect([none.status, none.body.code]).toEqual([404, 'prompt/version-not-found']);
    expect((await policy.ask('ada', 'POST /v1/prompts/none/versions/1/promote', {}, { 'if-match': '*' })).status).toBe(
      404,
    );
    expect((await promote('gil', 13)).status).toBe(404);
    expect((await policy.ask('gil', `GET /v1/${path}`)).status).toBe(404);
    await policy.apply('ada', tagged('TenantSettings', 'settings', { tagSchema: { env: ['staging'] } }));
    expect((await promote('ada', 13)).status).toBe(422);
    await policy.ask('ada', 'DELETE /v1/tenant-settings/settings', undefined, { 'if-match': '*' });
    expect(await pinnable()).toEqual(before);
  });
});

describe('a route', () => {
  it('goes to production by a second person with route:deploy', async () => {
    expect(await status('mona', route('staging'))).toBe('ok');
    expect(await status('mona', route('production'))).toBe('403 promotion/second-person-required');
    expect(await status('ada', route('production'))).toBe('ok');
    const { body } = await policy.ask('mona', 'GET /v1/routes/assistant');
    expect(body.metadata.tags).toEqual({ env: 'production' });
  });

  it('comes back to production by rolling back, without a second person', async () => {
    const { body } = await policy.ask('ada', 'GET /v1/revisions?limit=1');
    expect(await status('mona', route('experimental'))).toBe('ok');
    const back = await policy.ask('ada', `POST /v1/revisions/${body.data[0].revision}/rollback`, {});
    expect(back.status).toBe(200);
  });
});
