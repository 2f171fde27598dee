import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Passwords } from '../passwords/passwords.js';
import { EndedInvitations } from './ended-invitations.js';
import { allow, codeOf, gone, Invitations, password, role, roles, tampered } from './invitations.fixture.js';

const invitations = new Invitations();
const { identity } = invitations;
let people: Invitations['people'];
let desk: Invitations['desk'];
const asAda = invitations.asAda.bind(invitations);
const invited = invitations.invited.bind(invitations);
const accept = invitations.accept.bind(invitations);
const tidy = () => identity.app.get(EndedInvitations, { strict: false }).tidy();
const passwords = () => identity.app.get(Passwords, { strict: false });
const notGivable = [403, 'invitation/not-allowed'];
const lastRecord = () => identity.records.at(-1);
const members = async (name: string) => {
  const { body } = await asAda('GET /v1/teams');
  const { id } = body.data.find((team: { name: string }) => team.name === name);
  return (await asAda(`GET /v1/teams/${id}/members`)).body.data.map((member: { id: string }) => member.id) as string[];
};

beforeAll(async () => {
  await invitations.open();
  ({ people, desk } = invitations);
});
afterAll(() => identity.close());

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
    const nobodys = 'select 1 from passwords_v1 where user_id not in (select id from user_list_v1)';
    expect(await identity.rows(nobodys)).toEqual([]);
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
    return { refused, reason, afterwards: (await accept(token)).status };
  };

  it('the right to invite, is not given any more', async () => {
    const seen = await later(
      () => identity.publish('acme', roles(false)),
      () => identity.publish('acme', roles()),
    );
    expect(seen).toEqual({ refused: notGivable, reason: 'no_matching_rule', afterwards: 201 });
  });

  it('what a team gives, is not given any more', async () => {
    const seen = await later(
      () => identity.publish('acme', roles(true, false)),
      () => identity.publish('acme', roles()),
    );
    expect(seen).toEqual({ refused: notGivable, reason: 'grant_not_held', afterwards: 201 });
  });

  it('by a team or a label that came to give more, is not given either', async () => {
    const byLabel = [{ attr: 'principal.labels.desk', eq: 'vault' }];
    const grown = roles().with(2, role('cleared-user', [allow('all', ['model:invoke'], ['model:*/*'], byLabel)]));
    const seen = await later(
      () => identity.publish('acme', grown),
      () => identity.publish('acme', roles()),
      { labels: { desk: 'vault' } },
    );
    expect(seen).toEqual({ refused: notGivable, reason: 'grant_not_held', afterwards: 201 });
  });

  it('by being suspended, and their tenant by being suspended, makes nobody', async () => {
    const step = (verb: string) => asAda(`POST /v1/users/${desk.id}/${verb}`);
    const suspended = await later(
      () => step('suspend'),
      () => step('resume'),
    );
    expect(suspended).toEqual({ refused: notGivable, reason: 'principal_suspended', afterwards: 201 });
    const tenant = (verb: string) => identity.ask(identity.operator, `POST /v1/tenants/acme/${verb}`);
    const closed = await later(
      () => tenant('suspend'),
      () => tenant('resume'),
    );
    expect(closed).toEqual({ refused: notGivable, reason: 'tenant_suspended', afterwards: 201 });
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

it('guessing is 429 from one address, with the time to wait, also with a good token', async () => {
  const { token } = await invited();
  await waitFor(async () => (await accept(tampered(token))).status === 429);
  const late = await accept(token);
  expect(codeOf(late)).toEqual([429, 'invitation/throttled']);
  expect(Number(late.headers['retry-after'])).toBeGreaterThan(0);
  expect(lastRecord()).toMatchObject({ outcome: 'deny', reason: 'login_throttled' });
});
