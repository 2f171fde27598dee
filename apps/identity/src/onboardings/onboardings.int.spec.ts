import { IdentityView } from '#libs/access';
import { topics } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../identity.fixture.js';
import { confirmed, Onboardings } from './onboardings.fixture.js';

const onboardings = new Onboardings();
const { identity } = onboardings;
const op = onboardings.op.bind(onboardings);
const told = onboardings.told.bind(onboardings);
const answer = onboardings.answer.bind(onboardings);
const onboard = onboardings.onboard.bind(onboardings);
const begin = onboardings.begin.bind(onboardings);
const isGone = onboardings.isGone.bind(onboardings);

const body = (name: string, more: object = {}) => ({
  name,
  admin: { email: 'Eve@Initech.example', display_name: 'Eve Person', teams: ['ops'], keys: [{ name: 'eves laptop' }] },
  teams: ['ops', 'data'],
  virtual_accounts: [
    { name: 'etl', team: 'data', labels: { use: 'batch' }, keys: [{ name: 'night', expires_in_seconds: 3_600 }] },
  ],
  documents: [{ kind: 'RoleBinding', metadata: { name: 'b' }, spec: { subjects: ['user:eve@initech.example'] } }],
  ...more,
});
const secrets = ['eve@initech.example', 'Eve Person', 'eves laptop'];

const keyOf = (answered: Answer, n: number): string => answered.body.keys[n].value;
const presented = async (key: string) => (await identity.ask(key, 'GET /v1/me')).status;

beforeAll(() => identity.open());
afterAll(() => identity.close());

describe('POST /v1/tenants with an admin', () => {
  let made: Answer;

  it('answers 201 with everything, key texts included, once policy has confirmed', async () => {
    made = await onboard(body('initech', { display_name: 'Initech' }), confirmed);
    expect(made.status).toBe(201);
    expect(made.headers['location']).toBe('/v1/tenants/initech');
    expect(made.body).toMatchObject({ id: 'initech', display_name: 'Initech', status: 'active' });
    expect(made.body.admin).toMatchObject({ email: 'eve@initech.example', status: 'active' });
    expect(made.body.virtual_accounts).toMatchObject([{ name: 'etl', team: 'data', labels: { use: 'batch' } }]);
    expect(made.body.teams).toMatchObject([
      { name: 'ops', member_count: 1 },
      { name: 'data', member_count: 0 },
    ]);
    expect(made.body.keys).toMatchObject([
      { name: 'eves laptop', kind: 'pat', owner: `user:${made.body.admin.id}` },
      { name: 'night', kind: 'vak', owner: 'virtual-account:etl', expires_at: expect.any(String) },
    ]);
  });

  it('has made what it answered: the keys are taken, and every list shows it', async () => {
    expect([await presented(keyOf(made, 0)), await presented(keyOf(made, 1))]).toEqual([200, 200]);
    const shown = async (route: string) => (await op(`GET ${route}`)).body;
    expect(await shown('/v1/tenants/initech')).toMatchObject({ status: 'active', display_name: 'Initech' });
    expect((await shown('/v1/users?tenant=initech')).data).toEqual([made.body.admin]);
    expect((await shown('/v1/virtual-accounts?tenant=initech')).data).toEqual(made.body.virtual_accounts);
    expect((await shown('/v1/teams?tenant=initech')).data).toEqual(made.body.teams);
    const view = identity.app.get(IdentityView, { strict: false });
    await waitFor(() => view.principal(made.body.admin.id)?.teams.includes('ops'), { what: 'the admin in their team' });
    const keys = (await shown('/v1/api-keys?tenant=initech')).data;
    expect(keys.map(({ id }: { id: string }) => id)).toEqual(made.body.keys.map(({ id }: { id: string }) => id));
  });

  it('has asked policy by ids, and asks it for nothing any more', async () => {
    const texts = identity.topicText(topics.identityOnboardings.name);
    expect(texts).toContain(`user:${made.body.admin.id}`);
    for (const secret of [...secrets, keyOf(made, 0)]) expect(texts.toLowerCase()).not.toContain(secret.toLowerCase());
    await waitFor(() => told('initech')?.record === null);
  });

  it('keeps no address, no name and no key text in clear for ever', async () => {
    const events = JSON.stringify(await identity.rows('select * from events')).toLowerCase();
    for (const secret of [...secrets, keyOf(made, 0)]) expect(events).not.toContain(secret.toLowerCase());
  });

  it('is 409 for a name that is taken, also by one that is under way, and the other way round', async () => {
    const taken = await op('POST /v1/tenants', body('initech'));
    expect([taken.status, taken.body.code]).toEqual([409, 'tenant/name-taken']);
    const { id } = await begin(body('underway'));
    for (const sent of [body('underway'), { name: 'underway' }]) {
      const { status, body: problem } = await op('POST /v1/tenants', sent);
      expect([status, problem.code]).toEqual([409, 'tenant/name-taken']);
    }
    await answer('underway', id, { outcome: 'refused', problems: [] });
    await isGone('underway');
  });

  it.each<[string, object, string]>([
    ['accounts without an admin', { admin: undefined }, '/virtual_accounts'],
    [
      'an account of a team that there is not',
      { virtual_accounts: [{ name: 'a', team: 'x' }] },
      '/virtual_accounts/0/team',
    ],
    ['an admin in a team that there is not', { teams: ['data'] }, '/admin/teams/0'],
    ['the same account twice', { virtual_accounts: [{ name: 'a' }, { name: 'a' }] }, '/virtual_accounts'],
    [
      'too many accounts',
      { virtual_accounts: Array.from({ length: 21 }, (_, n) => ({ name: `a${n}` })) },
      '/virtual_accounts',
    ],
    [
      'too many keys',
      { admin: { email: 'a@b.example', keys: Array.from({ length: 11 }, () => ({ name: 'k' })) } },
      '/admin/keys',
    ],
    ['too many documents', { documents: Array.from({ length: 101 }, () => ({})) }, '/documents'],
    [
      'an owner of a key',
      { admin: { email: 'a@b.example', keys: [{ name: 'k', owner: 'user:x' }] } },
      '/admin/keys/0/owner',
    ],
    ['a longer wait than there is', { wait_seconds: 11 }, '/wait_seconds'],
    ['no time at all', { confirm_within_seconds: 0 }, '/confirm_within_seconds'],
  ])('is 400 for %s, and begins nothing', async (_what, more, pointer) => {
    const { status, body: problem } = await op('POST /v1/tenants', body('never', more));
    expect([status, problem.errors[0].pointer]).toEqual([400, pointer]);
    expect(told('never')).toBeUndefined();
  });

  it('is 403 for an administrator of a tenant, and for an operator whose key is narrowed', async () => {
    const forAdmin = await identity.ask(keyOf(made, 0), 'POST /v1/tenants', body('hers'));
    expect(forAdmin.status).toBe(403);
    const owner = 'virtual-account:operator';
    const restrictions = { operations: ['admin'] };
    const narrowed = await op('POST /v1/api-keys', { name: 'narrow', owner, kind: 'svc', restrictions });
    const { status, body: problem } = await identity.ask(narrowed.body.value, 'POST /v1/tenants', body('narrow'));
    expect([status, problem.code]).toEqual([403, 'grant/not-held']);
    expect(told('narrow')).toBeUndefined();
  });

  it('shows key texts once: a repetition under its Idempotency-Key is without them, and makes nothing', async () => {
    const key = { 'idempotency-key': 'onboard-once' };
    const first = await onboard(body('once'), confirmed, key);
    const again = await op('POST /v1/tenants', body('once'), key);
    expect([first.status, again.status, again.headers['idempotent-replayed']]).toEqual([201, 201, 'true']);
    expect(again.body.keys[0]).toMatchObject({ id: first.body.keys[0].id });
    expect(again.text).not.toContain(keyOf(first, 0));
    expect(again.body.keys[0].value).toBeUndefined();
  });
});

describe('while policy has not answered', () => {
  it('the answer is 202 `onboarding`: only the operator sees it, its keys are nobody’s, and go live with the confirmation', async () => {
    const { id, answered } = await begin(body('slow'));
    expect([answered.status, answered.body.status]).toEqual([202, 'onboarding']);
    expect((await op('GET /v1/tenants/slow')).body).toMatchObject({ id: 'slow', status: 'onboarding' });
    expect((await op('GET /v1/users?tenant=slow')).status).toBe(404);
    expect(await presented(keyOf(answered, 0))).toBe(401);
    expect(identity.records.at(-1)).toMatchObject({ reason: 'key_unknown' });
    // Whoever does not hold the bus key confirms nothing.
    await answer('slow', id, confirmed, Buffer.alloc(32, 7));
    await answer('slow', 'onboarding_nobody', confirmed);
    expect(await presented(keyOf(answered, 0))).toBe(401);
    await answer('slow', id, confirmed);
    await waitFor(async () => (await presented(keyOf(answered, 0))) === 200);
    await waitFor(async () => (await op('GET /v1/tenants/slow')).body.status === 'active');
    // Told again: nothing is made twice, and nothing taken back.
    await answer('slow', id, confirmed);
    await answer('slow', id, { outcome: 'refused', problems: [] });
    await onboard(body('marker'), confirmed);
    expect(await presented(keyOf(answered, 0))).toBe(200);
  });
});

describe('an onboarding that fails', () => {
  const problems = [{ file: 'documents/0.json', line: 3, column: 5, message: 'No such role.', rule: 'unknown-role' }];
  const nothingLeft = async (name: string, userId: string) => {
    await isGone(name);
    await waitFor(async () => (await identity.rows('select * from onboarding_list_v1')).length === 0);
    expect(await identity.rows(`select * from reservations where scope = 'tenant' and name = '${name}'`)).toEqual([]);
    expect(await identity.rows(`select * from subject_keys where subject_id = '${userId}'`)).toEqual([]);
    for (const table of ['tenant', 'user', 'team', 'virtual_account', 'key']) {
      expect(await identity.rows(`select * from ${table}_list_v1 where tenant_id = '${name}'`)).toEqual([]);
    }
    await waitFor(() => told(name)?.record?.status === 'withdrawn');
  };

  it('is 422 with what policy found wrong; nothing is left, and the name is free again', async () => {
    const { status, body: problem } = await onboard(body('wrong'), { outcome: 'refused', problems });
    expect([status, problem.code, problem.errors]).toEqual([422, 'onboarding/refused', problems]);
    const [requested] = await identity.rows<{ data: { admin: { userId: string } } }>(
      `select data from events where type = 'identity.onboarding.requested' and data ->> 'tenantId' = 'wrong'`,
    );
    await nothingLeft('wrong', requested?.data.admin.userId ?? '');
    expect((await onboard(body('wrong'), confirmed)).status).toBe(201);
  });

  it('is given up when its time is over, and a confirmation that comes late makes nothing', async () => {
    const { id, answered } = await begin(body('tardy', { confirm_within_seconds: 30 }));
    await identity.pass(31_000);
    await nothingLeft('tardy', answered.body.admin.id);
    await answer('tardy', id, confirmed);
    await onboard(body('marker-2'), confirmed);
    expect((await op('GET /v1/tenants/tardy')).status).toBe(404);
    expect(await presented(keyOf(answered, 0))).toBe(401);
  });
});
