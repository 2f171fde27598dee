import { randomInt } from 'node:crypto';
import { topics } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Identity, type Answer } from '../identity.fixture.js';
import { Passwords } from '../passwords/passwords.js';
import { EndedInvitations } from './ended-invitations.js';

const identity = new Identity();
let people: Awaited<ReturnType<Identity['tenants']>>;
/** Looks after people and teams of acme; administers nothing. */
let desk: Awaited<ReturnType<Identity['person']>>;
const tokens: string[] = [];
const password = 'correct horse battery';
const asAda = (route: string, body?: unknown, headers?: Record<string, string | undefined>) =>
  identity.ask(people.ada.key, route, body, headers);
const asDesk = (route: string, body?: unknown) => identity.ask(desk.key, route, body);
const passwords = () => identity.app.get(Passwords, { strict: false });
const tidy = () => identity.app.get(EndedInvitations, { strict: false }).tidy();
const codeOf = ({ status, body }: Answer) => [status, body?.code];
const gone = [404, 'invitation/not-found'];
const notGivable = [403, 'invitation/not-allowed'];
const notHeld = { status: 403, body: { code: 'grant/not-held' } };

async function invited(body: object = {}, by = people.ada.key) {
  const email = `guest${randomInt(1e9)}@acme.example`;
  const answer = await identity.ask(by, 'POST /v1/invitations', { email, ...body });
  if (answer.body?.token) tokens.push(answer.body.token);
  return { ...answer, email, id: answer.body?.id as string, token: answer.body?.token as string };
}

const accept = (token: string, more: object = {}) =>
  identity.ask(undefined, 'POST /v1/invitations/accept', { token, password, ...more });
/** Not the token, by one character. */
const tampered = (token: string) => `${token.slice(0, 30)}${token[30] === 'a' ? 'b' : 'a'}${token.slice(31)}`;
const lastRecord = () => identity.records.at(-1);
const members = async (name: string) => {
  const { body } = await asAda('GET /v1/teams');
  const { id } = body.data.find((team: { name: string }) => team.name === name);
  return (await asAda(`GET /v1/teams/${id}/members`)).body.data.map((member: { id: string }) => member.id) as string[];
};
const allow = (id: string, actions: string[], resources: string[], when?: object[]) => {
  return { id, effect: 'allow', actions, resources, ...(when && { when }) };
};
const role = (name: string, statements: object[]) => ({
  kind: 'Role' as const,
  metadata: { name },
  spec: { statements },
});
const cleared = [{ attr: 'principal.labels.clearance', eq: 'high' }];
const staging = [{ attr: 'resource.tags.env', in: ['staging'] }];

/** What the desk may do; `reach` is what it holds of models. */
const roles = (mayInvite = true, mayUseModels = true) => [
  role('people', [
    allow('people', [mayInvite ? 'user:*' : 'user:read'], ['user:**']),
    allow('teams', ['team:*'], ['team:**']),
    ...(mayUseModels ? [allow('models', ['model:invoke'], ['model:*/*'], staging)] : []),
  ]),
  role('staging-user', [allow('models', ['model:invoke'], ['model:local/*'], staging)]),
  role('cleared-user', [allow('models', ['model:invoke'], ['model:*/*'], cleared)]),
];

beforeAll(async () => {
  await identity.open();
  people = await identity.tenants();
  desk = await identity.person('acme', 'desk@acme.example');
  await identity.publish('acme', roles());
  await identity.grant('acme', { name: 'desk', subject: `user:${desk.id}`, role: 'people' });
  await identity.grant('acme', { name: 'stagers', subject: 'team:stagers', role: 'staging-user' });
  await identity.grant('acme', { name: 'admins', subject: 'team:admins', role: 'admin' });
  await identity.grant('acme', { name: 'all-cleared', subject: 'everyone', role: 'cleared-user' });
  for (const name of ['stagers', 'admins', 'crew']) await asAda('POST /v1/teams', { name });
});
afterAll(() => identity.close());

describe('POST /v1/invitations', () => {
  it('is 201 with a token that is shown once: not again, and not under the same Idempotency-Key', async () => {
    const sent = { email: 'Ann@acme.example', display_name: 'Ann Guest', teams: ['crew'], labels: { desk: '4b' } };
    const first = await asAda('POST /v1/invitations', sent, { 'idempotency-key': 'ann' });
    const { token, ...shown } = first.body;
    tokens.push(token);
    expect(first.status).toBe(201);
    expect(token).toMatch(/^ghi_[0-9A-Za-z]{16}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/);
    expect(shown).toMatchObject({
      email: 'ann@acme.example',
      teams: ['crew'],
      status: 'open',
      invited_by: people.ada.id,
    });
    expect(Date.parse(shown.expires_at) - Date.parse(shown.created_at)).toBe(7 * 86_400_000);
    const again = await asAda('POST /v1/invitations', sent, { 'idempotency-key': 'ann' });
    expect([again.status, again.body]).toEqual([201, shown]);
    const read = await asAda(`GET /v1/invitations/${shown.id}`);
    expect([read.status, read.body, read.headers['etag']]).toEqual([200, shown, '"1"']);
    expect((await asAda(`DELETE /v1/invitations/${shown.id}`)).status).toBe(200);
  });

  it.each([
    ['no address', { email: 'nobody' }],
    ['a life of more than 30 days', { expires_in_seconds: 2_592_001 }],
    ['a team twice', { teams: ['crew', 'crew'] }],
    ['more than it knows', { operator: true }],
  ])('is 400 for %s', async (_what, body) => {
    expect((await invited(body)).status).toBe(400);
  });

  it('is 401 for nobody, 403 without the right, 404 for a team that is not there and for another tenant', async () => {
    expect((await identity.ask(undefined, 'POST /v1/invitations', { email: 'x@acme.example' })).status).toBe(401);
    expect((await invited({}, people.con.key)).status).toBe(403);
    expect((await invited({ teams: ['no-such-team'] }, people.con.key)).status).toBe(403);
    expect((await invited({ teams: ['no-such-team'] })).status).toBe(404);
    expect((await invited({ tenant: 'globex' })).status).toBe(404);
  });

  it('says nothing of whether the address is registered', async () => {
    const [known, unknown] = [await invited({ email: 'con@acme.example' }), await invited()];
    const shape = ({ status, body }: Answer) => [status, Object.keys(body), body.status];
    expect(shape(known)).toEqual(shape(unknown));
  });

  it('is 403 for whoever would give more than they hold: by a team, by a label, by a narrowed key', async () => {
    expect(await invited({ teams: ['admins'] }, desk.key)).toMatchObject(notHeld);
    expect(await invited({ labels: { clearance: 'high' } }, desk.key)).toMatchObject(notHeld);
    expect((await invited({ teams: ['stagers'], labels: { desk: '1' } }, desk.key)).status).toBe(201);
    const statements = [{ actions: ['user:create', 'team:edit'], resources: ['user:**', 'team:**'] }];
    const sent = { name: 'narrow', owner: `user:${people.ada.id}`, restrictions: { statements } };
    const narrow = (await asAda('POST /v1/api-keys', sent)).body.value;
    expect(await invited({ teams: ['stagers'] }, narrow)).toMatchObject(notHeld);
  });
});

describe('POST /v1/invitations/accept', () => {
  it('is 201: makes the user with password, teams and labels, and records it as a decision', async () => {
    const { id, token, email } = await invited({ teams: ['crew'], labels: { desk: '4b' }, display_name: 'Given' });
    const answer = await accept(token, { display_name: 'Chosen' });
    expect(answer).toMatchObject({
      status: 201,
      body: { object: 'user', email, display_name: 'Chosen', labels: { desk: '4b' }, status: 'active' },
    });
    const user = answer.body.id as string;
    expect(await passwords().verify(user, password)).toBe(true);
    expect(await members('crew')).toContain(user);
    expect((await asAda(`GET /v1/users/${user}`)).body).toEqual(answer.body);
    const shown = { status: 'accepted', user_id: user, email: null, display_name: null };
    expect((await asAda(`GET /v1/invitations/${id}`)).body).toMatchObject(shown);
    const record = identity.records.find(({ decision_id: of }) => of === answer.headers['gatehouse-decision-id']);
    expect(record).toMatchObject({ outcome: 'allow', action: 'user:create', principal_id: user, tenant_id: 'acme' });
    expect(record?.attributes).toMatchObject({ 'invitation.id': id, 'invitation.inviter': people.ada.id });
  });

  it('is one answer for an unknown, guessed, replayed, withdrawn and expired token', async () => {
    const [used, withdrawn, late, other] = [await invited(), await invited(), await invited(), await invited()];
    expect((await accept(used.token)).status).toBe(201);
    await asAda(`DELETE /v1/invitations/${withdrawn.id}`);
    const body = async (token: string) => {
      const { status, body: answer } = await accept(token);
      return { ...answer, status, instance: '', request_id: '', decision_id: '' };
    };
    const replayed = await body(used.token);
    expect([replayed.status, replayed.code]).toEqual(gone);
    expect(lastRecord()).toMatchObject({ outcome: 'deny', reason: 'invitation_ended', tenant_id: 'acme' });
    expect(await body(tampered(used.token))).toEqual(replayed);
    expect(lastRecord()).toMatchObject({ outcome: 'deny', reason: 'invitation_unknown', tenant_id: '' });
    expect(await body('ghi_')).toEqual(replayed);
    expect(await body(people.ada.key)).toEqual(replayed);
    expect(await body(withdrawn.token)).toEqual(replayed);
    // The secret of one invitation is none of another.
    expect(await body(other.token.slice(0, 21) + late.token.slice(21))).toEqual(replayed);
    await identity.pass(7 * 86_400_000);
    expect(await body(late.token)).toEqual(replayed);
  });

  it('is good to the last second, and is expired from the next one on in every answer', async () => {
    const { id, token } = await invited({ expires_in_seconds: 120 });
    await identity.pass(110_000);
    expect(codeOf(await accept(token, { password: 'too short' }))).toEqual([422, 'password/invalid']);
    await identity.pass(10_000);
    expect(codeOf(await accept(token))).toEqual(gone);
    expect((await asAda(`GET /v1/invitations/${id}`)).body.status).toBe('expired');
    await tidy();
    expect((await asAda(`GET /v1/invitations/${id}`)).body).toMatchObject({ status: 'expired', email: null });
  });

  it('makes one user of many at once, with the password of the one that won', async () => {
    const { token, email } = await invited({ teams: ['crew'] });
    const words = Array.from({ length: 6 }, (_, index) => `${password} ${index}`);
    const answers = await Promise.all(words.map((word) => accept(token, { password: word })));
    const won = answers.findIndex(({ status }) => status === 201);
    expect(answers.filter((_, index) => index !== won).map(codeOf)).toEqual(Array.from({ length: 5 }, () => gone));
    const user = answers[won]?.body.id as string;
    expect((await asAda(`GET /v1/users?email=${email}`)).body.data.map(({ id }: { id: string }) => id)).toEqual([user]);
    expect(await passwords().verify(user, words[won] ?? '')).toBe(true);
    const nobodys = 'select 1 from passwords_v1 where user_id not in (select id from user_list_v1)';
    expect(await identity.rows(nobodys)).toEqual([]);
  });

  it('is 409 where the address was taken meanwhile, told to the holder of the token, who may still use it later', async () => {
    const { token, email } = await invited();
    const taken = (await asAda('POST /v1/users', { email })).body.id;
    expect(codeOf(await accept(token))).toEqual([409, 'user/email-taken']);
    expect(lastRecord()).toMatchObject({ outcome: 'deny', code: 'user/email-taken', reason: 'invitation_refused' });
    await asAda(`POST /v1/users/${taken}/deactivate`);
    expect((await accept(token)).status).toBe(201);
  });

  it('is 422 for a bad password, which makes nothing and costs nothing', async () => {
    const { token, email } = await invited();
    expect(codeOf(await accept(token, { password: 'abababababababab' }))).toEqual([422, 'password/invalid']);
    expect((await asAda(`GET /v1/users?email=${email}`)).body.data).toEqual([]);
    expect((await accept(token)).status).toBe(201);
  });

  it.each([
    ['that is endless', 'x'.repeat(129)],
    ['that is empty', ''],
  ])('is 400 for a token %s', async (_what, token) => {
    expect((await accept(token)).status).toBe(400);
  });

  it('leaves nobody where a process died after the password and before the user, and the token is still good', async () => {
    const { token } = await invited();
    await passwords().set('user_of_nobody', password);
    identity.clock.shiftMs += 3_600_001;
    await tidy();
    expect(await passwords().has('user_of_nobody')).toBe(false);
    await identity.pass(0);
    expect((await accept(token)).status).toBe(201);
  });
});

describe('what an inviter lost meanwhile', () => {
  const later = async (
    lose: () => Promise<unknown>,
    regain: () => Promise<unknown>,
    body: object = { teams: ['stagers'] },
  ) => {
    const { token } = await invited(body, desk.key);
    await lose();
    const refused = codeOf(await accept(token));
    const { reason } = lastRecord() ?? {};
    await regain();
    return { refused, reason, then: (await accept(token)).status };
  };

  it('the right to invite, is not given any more', async () => {
    const seen = await later(
      () => identity.publish('acme', roles(false)),
      () => identity.publish('acme', roles()),
    );
    expect(seen).toEqual({ refused: notGivable, reason: 'no_matching_rule', then: 201 });
  });

  it('what a team gives, is not given any more', async () => {
    const seen = await later(
      () => identity.publish('acme', roles(true, false)),
      () => identity.publish('acme', roles()),
    );
    expect(seen).toEqual({ refused: notGivable, reason: 'grant_not_held', then: 201 });
  });

  it('by a team or a label that came to give more, is not given either', async () => {
    const byLabel = [{ attr: 'principal.labels.desk', eq: 'vault' }];
    const grown = roles().with(2, role('cleared-user', [allow('all', ['model:invoke'], ['model:*/*'], byLabel)]));
    const seen = await later(
      () => identity.publish('acme', grown),
      () => identity.publish('acme', roles()),
      { labels: { desk: 'vault' } },
    );
    expect(seen).toEqual({ refused: notGivable, reason: 'grant_not_held', then: 201 });
  });

  it('by being suspended, and their tenant by being suspended, makes nobody', async () => {
    const step = (verb: string) => asAda(`POST /v1/users/${desk.id}/${verb}`);
    const suspended = await later(
      () => step('suspend'),
      () => step('resume'),
    );
    expect(suspended).toEqual({ refused: notGivable, reason: 'principal_suspended', then: 201 });
    const tenant = (verb: string) => identity.ask(identity.operator, `POST /v1/tenants/acme/${verb}`);
    const closed = await later(
      () => tenant('suspend'),
      () => tenant('resume'),
    );
    expect(closed).toEqual({ refused: notGivable, reason: 'tenant_suspended', then: 201 });
  });

  it('by a team that is gone, or by leaving for good, makes nobody', async () => {
    const leaver = await identity.person('acme', 'leaver@acme.example', 'admin');
    const byLeaver = await invited({}, leaver.key);
    const team = (await asAda('POST /v1/teams', { name: 'brief' })).body.id;
    const intoTeam = await invited({ teams: ['brief'] });
    await asAda(`POST /v1/users/${leaver.id}/deactivate`);
    await asAda(`DELETE /v1/teams/${team}`);
    expect(codeOf(await accept(byLeaver.token))).toEqual(notGivable);
    expect(lastRecord()?.reason).toBe('principal_missing');
    expect(codeOf(await accept(intoTeam.token))).toEqual(notGivable);
  });
});

describe('an operator', () => {
  it('invites into any tenant', async () => {
    const { token, status } = await invited({ tenant: 'globex' }, identity.operator);
    expect(status).toBe(201);
    const user = (await accept(token)).body.id;
    expect((await identity.ask(people.gil.key, `GET /v1/users/${user}`)).status).toBe(200);
  });
});

describe('GET and DELETE /v1/invitations', () => {
  it('lists page by page and by status, to those who may see users', async () => {
    const all = await identity.pages(people.ada.key, '/v1/invitations', 3);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    const open = (await asAda('GET /v1/invitations?status=open&limit=100')).body.data;
    expect(open.length).toBeGreaterThan(0);
    expect(open.length).toBeLessThan(all.length);
    expect((await asAda('GET /v1/invitations?status=lost')).status).toBe(400);
    expect((await identity.ask(people.con.key, 'GET /v1/invitations')).status).toBe(403);
    const foreign = (await identity.ask(people.gil.key, 'GET /v1/invitations')).body.data as { id: string }[];
    const acmes = new Set(all.map(({ id }) => id));
    expect(foreign.filter(({ id }) => acmes.has(id))).toEqual([]);
  });

  it('is 404 for another tenant’s, 403 without the right, 412 for another version, 428 for none', async () => {
    const { id } = await invited();
    const remove = (key: string, headers = {}) => identity.ask(key, `DELETE /v1/invitations/${id}`, undefined, headers);
    expect((await remove(people.gil.key)).status).toBe(404);
    expect((await identity.ask(people.gil.key, `GET /v1/invitations/${id}`)).status).toBe(404);
    expect((await remove(people.con.key)).status).toBe(403);
    expect((await remove(people.ada.key, { 'if-match': '"7"' })).status).toBe(412);
    expect((await remove(people.ada.key, { 'if-match': undefined })).status).toBe(428);
    expect((await remove(people.ada.key, { 'if-match': '"1"' })).body).toMatchObject({
      status: 'withdrawn',
      email: null,
    });
    expect((await remove(people.ada.key)).body.status).toBe('withdrawn');
  });

  it('is 409 for one that was accepted', async () => {
    const { id, token } = await invited();
    await accept(token);
    expect(codeOf(await asAda(`DELETE /v1/invitations/${id}`))).toEqual([409, 'invitation/accepted']);
  });
});

describe('what is kept', () => {
  it('of tokens is a MAC, and of whoever was invited nothing once the invitation is over', async () => {
    const [over, torn] = [await invited(), await invited()];
    await asAda(`DELETE /v1/invitations/${over.id}`);
    // A process that dies after the event leaves the key.
    await asAda(`DELETE /v1/invitations/${torn.id}`);
    await identity.store.subjectKeys.seal(torn.id, 'as if the key had never gone');
    await tidy();
    const left = `select 1 from subject_keys where subject_id in ('${over.id}', '${torn.id}')`;
    expect(await identity.rows(left)).toEqual([]);
    const published = () => identity.topicText(topics.identityEvents.name);
    await waitFor(() => published().split('identity.invitation.withdrawn').length > 3);
    const tables = await identity.rows<{ name: string }>(
      `select table_name as name from information_schema.tables where table_schema = 'identity'`,
    );
    const texts = tables.map(async ({ name }) => JSON.stringify(await identity.rows(`select * from "${name}"`)));
    const kept = [...(await Promise.all(texts)), published(), JSON.stringify(identity.records)].join('\n');
    expect(tokens.length).toBeGreaterThan(20);
    const secrets = tokens.map((token) => token.split('_')[2] ?? token);
    expect([...secrets, over.email, torn.email, password].filter((secret) => kept.includes(secret))).toEqual([]);
    expect(kept).toContain(over.id);
  });
});

it('guessing is 429 from one address, with the time to wait, also with a good token', async () => {
  const { token } = await invited();
  await waitFor(async () => (await accept(tampered(token))).status === 429);
  const late = await accept(token);
  expect(codeOf(late)).toEqual([429, 'invitation/throttled']);
  expect(Number(late.headers['retry-after'])).toBeGreaterThan(0);
  expect(lastRecord()).toMatchObject({ outcome: 'deny', reason: 'login_throttled' });
});
