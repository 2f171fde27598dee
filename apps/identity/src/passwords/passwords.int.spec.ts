import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Identity } from '../identity.fixture.js';
import { AccountThrottle, FORGOTTEN_SECONDS, FREE_ATTEMPTS, PAUSE_SECONDS } from './account-throttle.js';
import { PasswordCheck } from './password-check.js';
import { Passwords } from './passwords.js';

const identity = new Identity();
let people: Awaited<ReturnType<Identity['tenants']>>;
const word = 'correct horse battery';
const other = 'another horse entirely';
const set = (key: string, body: object) => identity.ask(key, 'PUT /v1/me/password', body, { 'if-match': '*' });
const passwords = () => identity.app.get(Passwords, { strict: false });

beforeAll(async () => {
  await identity.open();
  people = await identity.tenants();
});
afterAll(() => identity.close());

describe('PUT /v1/me/password', () => {
  it('sets one’s first password, and the next one only against the present one', async () => {
    const { key, id } = people.ada;
    expect((await set(key, { new_password: word })).status).toBe(204);
    expect(await passwords().verify(id, word)).toBe(true);
    const without = await set(key, { new_password: other });
    expect([without.status, without.body.code]).toEqual([403, 'password/wrong']);
    expect((await set(key, { current_password: `${word}!`, new_password: other })).status).toBe(403);
    expect(await passwords().verify(id, word)).toBe(true);
    expect((await set(key, { current_password: word, new_password: other })).status).toBe(204);
    expect([await passwords().verify(id, word), await passwords().verify(id, other)]).toEqual([false, true]);
  });

  it('is for whoever has no role at all, and for nobody with a narrowed key', async () => {
    expect((await set(people.con.key, { new_password: word })).status).toBe(204);
    const bob = await identity.person('acme', 'bob@acme.example', 'admin');
    const restrictions = { cidrs: ['127.0.0.0/8'] };
    const narrow = await identity.ask(bob.key, 'POST /v1/api-keys', {
      name: 'n',
      owner: `user:${bob.id}`,
      restrictions,
    });
    expect(narrow.status).toBe(201);
    expect((await set(narrow.body.value, { new_password: word })).status).toBe(403);
    expect(await passwords().has(bob.id)).toBe(false);
  });

  it('is 409 for a virtual account, and 401 for nobody', async () => {
    await identity.ask(people.ada.key, 'POST /v1/virtual-accounts', { name: 'robot' });
    const key = await identity.ask(people.ada.key, 'POST /v1/api-keys', { name: 'k', owner: 'virtual-account:robot' });
    const answer = await set(key.body.value, { new_password: word });
    expect([answer.status, answer.body.code]).toEqual([409, 'password/not-a-user']);
    expect((await identity.ask(undefined, 'PUT /v1/me/password', { new_password: word })).status).toBe(401);
  });

  it.each([
    ['a short one', { new_password: 'too short' }, 422],
    ['a pattern', { new_password: 'abababababababab' }, 422],
    ['an endless one', { new_password: 'x'.repeat(257) }, 400],
    ['none', {}, 400],
    ['somebody else’s', { new_password: word, user: 'user_x' }, 400],
  ])('refuses %s', async (_what, body, status) => {
    const eve = await identity.person('acme', `eve${Math.random()}@acme.example`);
    expect((await set(eve.key, body)).status).toBe(status);
    expect(await passwords().has(eve.id)).toBe(false);
  });

  it('is 429 with the time to wait after too many wrong guesses, also with the right one', async () => {
    const { key } = await identity.person('acme', 'guessed@acme.example');
    await set(key, { new_password: word });
    for (let i = 0; i < FREE_ATTEMPTS; i += 1) {
      expect((await set(key, { current_password: `${word}${i}`, new_password: other })).status).toBe(403);
    }
    const late = await set(key, { current_password: word, new_password: other });
    expect([late.status, late.body.code]).toEqual([429, 'password/throttled']);
    expect(Number(late.headers['retry-after'])).toBeGreaterThan(0);
  });
});

describe('judging a password', () => {
  const judge = (claimed: { userId?: string; account: string; address?: string }, password = 'wrong wrong wrong') =>
    identity.app
      .get(PasswordCheck, { strict: false })
      .judge({ userId: undefined, address: crypto.randomUUID(), ...claimed }, password);

  it('lets an account that does not exist be tried exactly as often as one that does', async () => {
    const { id, key } = await identity.person('acme', 'tried@acme.example');
    await set(key, { new_password: word });
    const outcomes = async (claimed: { userId?: string; account: string }) => {
      const seen: string[] = [];
      for (let i = 0; i < FREE_ATTEMPTS + 2; i += 1) {
        const verdict = await judge(claimed);
        seen.push(typeof verdict === 'string' ? verdict : 'throttled');
      }
      return seen;
    };
    const known = await outcomes({ userId: id, account: `user/${id}` });
    expect(known).toEqual(await outcomes({ account: 'nobody/x' }));
    expect(known).toEqual([...Array.from({ length: FREE_ATTEMPTS }, () => 'wrong'), 'throttled', 'throttled']);
  });

  it('counts many guesses at once like many one by one', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => judge({ account: 'user/parallel' })));
    expect(all.filter((verdict) => verdict === 'wrong')).toHaveLength(FREE_ATTEMPTS);
  });

  it('lets pauses grow, ends them in time, and forgives by the right password', async () => {
    const throttle = identity.app.get(AccountThrottle, { strict: false });
    const { id, key } = await identity.person('acme', 'paused@acme.example');
    await set(key, { new_password: word });
    const claimed = { userId: id, account: `user/${id}` };
    for (let i = 0; i < FREE_ATTEMPTS; i += 1) await judge(claimed);
    expect(await throttle.admit(claimed.account)).toEqual({ admitted: false, retryAfterSeconds: PAUSE_SECONDS });
    identity.clock.shiftMs += PAUSE_SECONDS * 1000;
    expect(await judge(claimed)).toBe('wrong');
    const longer = await throttle.admit(claimed.account);
    expect(longer).toMatchObject({ admitted: false });
    expect('retryAfterSeconds' in longer && longer.retryAfterSeconds).toBeGreaterThan(PAUSE_SECONDS);
    identity.clock.shiftMs += 2 * PAUSE_SECONDS * 1000;
    expect(await judge(claimed, word)).toBe('right');
    expect(await judge(claimed)).toBe('wrong');
  });

  it('forgets what is long past, in bounded steps', async () => {
    await judge({ account: 'nobody/old' });
    identity.clock.shiftMs += 3 * FORGOTTEN_SECONDS * 1000;
    await identity.app.get(AccountThrottle, { strict: false }).prune();
    expect(await identity.rows(`select * from login_attempts_v1 where account = 'nobody/old'`)).toEqual([]);
  });
});

describe('what is kept of a password', () => {
  it('is a hash in its own table, and neither in events, records nor any other table', async () => {
    const rows = JSON.stringify(await identity.rows('select * from passwords_v1'));
    expect(rows).toContain('$argon2id$');
    const all = [rows, JSON.stringify(await identity.rows('select * from events')), JSON.stringify(identity.records)];
    for (const text of all) for (const secret of [word, other]) expect(text).not.toContain(secret);
  });

  it('ends with the user', async () => {
    const left = await identity.person('acme', 'left@acme.example');
    await set(left.key, { new_password: word });
    await identity.ask(people.ada.key, `POST /v1/users/${left.id}/deactivate`);
    expect(await passwords().has(left.id)).toBe(false);
  });
});
