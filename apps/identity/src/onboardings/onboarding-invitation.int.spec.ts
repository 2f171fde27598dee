import { topics } from '#libs/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../identity.fixture.js';
import { tokensFor } from '../oauth/code-flow.fixture.js';
import { confirmed, Onboardings } from './onboardings.fixture.js';

const onboardings = new Onboardings();
const { identity, world } = onboardings;
const { password } = world;
const op = onboardings.op.bind(onboardings);

const email = 'eve@initech.example';
/** An onboarding whose admin gets no key. */
const keyless = (name: string, more: object = {}) => ({ name, admin: { email, display_name: 'Eve Person' }, ...more });
const accept = (token: string, more: object = {}) =>
  identity.ask(undefined, 'POST /v1/invitations/accept', { token, password, ...more });
const codeOf = ({ status, body }: Answer) => [status, body?.code];
const gone = [404, 'invitation/not-found'];
const lastRecord = () => identity.records.at(-1);
const tokenOf = ({ body }: Answer): string => body.invitation.token;

/** The admin by an id, as policy would have bound them. */
async function bound(tenant: string, userId: string): Promise<void> {
  await identity.grant(tenant, { name: 'administrators', subject: `user:${userId}`, role: 'admin' });
}
/** One that policy has confirmed. */
async function onboarded(name: string): Promise<{ token: string; userId: string; invitationId: string }> {
  const made = await onboardings.onboard(keyless(name), confirmed);
  await bound(name, made.body.admin.id);
  return { token: tokenOf(made), userId: made.body.admin.id, invitationId: made.body.invitation.id };
}

beforeAll(() => identity.open());
afterAll(() => identity.close());

describe('an admin who gets no key', () => {
  it('gets an invitation, is let in by it, logs in, and administers the tenant by a token', async () => {
    const made = await onboardings.onboard(keyless('initech'), confirmed);
    expect(made.status).toBe(201);
    const { admin, keys, invitation } = made.body;
    expect(keys).toEqual([]);
    expect(invitation).toMatchObject({ object: 'invitation', email, user_id: admin.id, status: 'open', teams: [] });
    expect(invitation.token).toMatch(/^ghi_/);
    await bound('initech', admin.id);

    const accepted = await accept(invitation.token);
    expect([accepted.status, accepted.body]).toEqual([200, admin]);
    const record = identity.records.find(({ decision_id: id }) => id === accepted.headers['gatehouse-decision-id']);
    const what = { outcome: 'allow', action: 'user:edit', http_status: 200, principal_id: admin.id };
    expect(record).toMatchObject({ ...what, tenant_id: 'initech' });

    const { body } = await op('POST /v1/oauth-clients', {
      name: 'console',
      tenant: 'initech',
      grant_types: ['authorization_code'],
      redirect_uris: ['https://app.example/callback'],
      resources: [world.issuer],
      scopes: ['openid', 'user:create', 'user:read'],
    });
    const client = { id: body.id as string, secret: body.client_secret as string };
    const asked = { scope: 'openid user:create user:read', resource: world.issuer };
    const { access_token: token } = await tokensFor(world, client, { email, asked });
    const registered = await identity.ask(token, 'POST /v1/users', { email: 'bob@initech.example' });
    expect(registered.status).toBe(201);
    const listed = await identity.ask(token, 'GET /v1/users');
    expect(listed.body.data.map(({ id }: { id: string }) => id)).toEqual([admin.id, registered.body.id]);
    // Nothing that they did not allow, and nothing of anybody else's.
    expect((await identity.ask(token, 'POST /v1/teams', { name: 'ops' })).status).toBe(403);
    const hers = await identity.ask(token, 'GET /v1/invitations');
    expect(hers.body.data).toMatchObject([{ id: invitation.id, status: 'accepted', email: null }]);
  });

  it('is let in once: again, and by many at once, the token is nobody’s, and the first password stays', async () => {
    const { token, userId } = await onboarded('once');
    const words = Array.from({ length: 4 }, (_, n) => `${password} ${n}`);
    const answers = await Promise.all(words.map((word) => accept(token, { password: word })));
    const won = answers.findIndex(({ status }) => status === 200);
    expect(answers.filter((_, n) => n !== won).map(codeOf)).toEqual([gone, gone, gone]);
    const logsIn = async (word: string) => (await world.logIn('once', email, word)).verdict;
    expect(await Promise.all(words.map(logsIn))).toEqual(words.map((_, n) => (n === won ? 'right' : 'wrong')));
    expect((await op(`GET /v1/users/${userId}`)).body.status).toBe('active');
  });

  it('who has a password of their own keeps it, whoever has the token', async () => {
    const { token, userId } = await onboarded('earlier');
    const owner = `user:${userId}`;
    const { body: key } = await op('POST /v1/api-keys', { name: 'given', owner, tenant: 'earlier' });
    await identity.ask(key.value, 'PUT /v1/me/password', { new_password: password });
    const late = await accept(token, { password: 'another one altogether' });
    expect(codeOf(late)).toEqual([409, 'password/already-set']);
    expect(lastRecord()).toMatchObject({ outcome: 'deny', tenant_id: 'earlier', reason: 'invitation_refused' });
    expect((await world.logIn('earlier', email, password)).verdict).toBe('right');
  });

  it('is let in by nothing once they are suspended, deactivated or erased, or the tenant or the invitation is ended', async () => {
    const refused = [403, 'invitation/not-allowed'];
    const stopped = async (name: string, stop: (made: Awaited<ReturnType<typeof onboarded>>) => Promise<Answer>) => {
      const made = await onboarded(name);
      expect((await stop(made)).status).toBe(200);
      return codeOf(await accept(made.token));
    };
    expect(await stopped('s1', ({ userId }) => op(`POST /v1/users/${userId}/suspend`))).toEqual(refused);
    expect(await stopped('s2', ({ userId }) => op(`POST /v1/users/${userId}/deactivate`))).toEqual(refused);
    expect(await stopped('s3', ({ userId }) => op(`POST /v1/users/${userId}/erase`))).toEqual(gone);
    expect(await stopped('s4', () => op('POST /v1/tenants/s4/suspend'))).toEqual(refused);
    expect(await stopped('s5', ({ invitationId }) => op(`DELETE /v1/invitations/${invitationId}`))).toEqual(gone);
    expect(
      await identity.rows(`select 1 from passwords_v1 p join user_list_v1 u on u.id = p.user_id
      where u.tenant_id in ('s1', 's2', 's3', 's4', 's5')`),
    ).toEqual([]);
  });

  it('keeps the name that they were registered with: another one is 422, and costs nothing', async () => {
    const { token } = await onboarded('named');
    expect(codeOf(await accept(token, { display_name: 'Mallory' }))).toEqual([422, 'invitation/invalid']);
    expect((await accept(token)).status).toBe(200);
  });
});

describe('the token of an onboarding', () => {
  it('is in no repetition under its Idempotency-Key, in no table, event or topic', async () => {
    const headers = { 'idempotency-key': 'keyless' };
    const first = await onboardings.onboard(keyless('shy'), confirmed, headers);
    const again = await op('POST /v1/tenants', keyless('shy'), headers);
    expect([again.status, again.body.invitation.id]).toEqual([201, first.body.invitation.id]);
    expect(again.text).not.toContain('ghi_');
    const secret = tokenOf(first).split('_')[2] ?? '';
    expect(JSON.stringify(await identity.rows('select * from events'))).not.toContain(secret);
    expect(JSON.stringify(await identity.rows('select * from idempotency_keys'))).not.toContain(secret);
    for (const { name } of [topics.identityEvents, topics.identityState, topics.identityOnboardings]) {
      expect(identity.topicText(name)).not.toContain(secret);
    }
  });

  it('is nobody’s until policy has confirmed, and for good where it refuses', async () => {
    const slow = await onboardings.begin(keyless('slow'));
    expect([slow.answered.status, slow.answered.body.invitation.status]).toEqual([202, 'open']);
    expect(codeOf(await accept(tokenOf(slow.answered)))).toEqual(gone);
    await onboardings.answer('slow', slow.id, { outcome: 'refused', problems: [] });
    await onboardings.isGone('slow');
    expect(codeOf(await accept(tokenOf(slow.answered)))).toEqual(gone);
    expect(await identity.rows(`select 1 from invitation_list_v1 where tenant_id = 'slow'`)).toEqual([]);
  });

  it('is not there where a key was asked for: there is one way in', async () => {
    const admin = { email, keys: [{ name: 'first' }] };
    const made = await onboardings.onboard({ ...keyless('keyed'), admin } as never, confirmed);
    expect([made.body.keys.length, made.body.invitation]).toEqual([1, undefined]);
  });
});
