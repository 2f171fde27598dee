import { decodeJwt } from 'jose';
import * as oidc from 'openid-client';
import { Client } from 'pg';
import { beforeAll, expect, it } from 'vitest';
import { waitFor } from '#libs/testing';
import { act, admin, demoKey, kill, local } from '../system/system.js';
import { everywhere } from '../system/token-calls.js';
import { codeFor, configOf, newUser, userClient } from '../system/user-tokens.js';

/** Requests under way when identity dies: more than its pool of connections, so that some have not begun. */
const AT_ONCE = 40;
const EMAIL = 'killed@acme.example';

type Tokens = oidc.TokenEndpointResponse;
let config: oidc.Configuration;

beforeAll(async () => {
  await newUser(EMAIL);
  config = await configOf(await userClient());
});

const redeemed = async () => {
  const { url, checks } = await codeFor(config, EMAIL);
  const tokens = await oidc.authorizationCodeGrant(config, url, checks);
  await everywhere(tokens.access_token, 200);
  return { access: tokens.access_token, refresh: String(tokens.refresh_token), grant: grantOf(tokens) };
};
const grantOf = (tokens: Tokens) => String(decodeJwt(tokens.access_token)['gh_grant']);
const refresh = (token: string) => oidc.refreshTokenGrant(config, token);

/** Sends the same many times, kills identity by -9 at the first answer, and answers what came, once identity is back. */
async function killedDuring(ask: () => Promise<Tokens>, besides?: () => Promise<unknown>): Promise<Tokens[]> {
  const asked = Array.from({ length: AT_ONCE }, ask);
  const answers = Promise.allSettled(asked);
  const more = besides?.().catch(() => undefined);
  await Promise.race([...asked, more ?? Promise.race(asked)]);
  await kill('identity');
  await more;
  return (await answers).flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
}

/** Refresh tokens of a grant that nobody has used, in PostgreSQL. */
async function unused(grant: string): Promise<number> {
  const client = new Client({ connectionString: local().postgres.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: number }>(
      `select count(*)::int as count from identity.oauth_artifacts_v1
       where kind = 'RefreshToken' and consumed_at is null and grant_id = $1`,
      [grant],
    );
    return rows[0]?.count ?? 0;
  } finally {
    await client.end();
  }
}

/** Nothing of it is good any more: no refresh token, and no access token at either gateway. */
async function isDead(access: readonly string[], refreshTokens: readonly string[]): Promise<void> {
  for (const token of refreshTokens) await expect(refresh(token)).rejects.toMatchObject({ error: 'invalid_grant' });
  for (const token of access) await everywhere(token, 401);
}

it('of refreshes under way when identity dies there is one successor at most, and reuse ends the family', async () => {
  const { access, refresh: first, grant } = await redeemed();
  const answers = await killedDuring(() => refresh(first));
  const successors = new Set(answers.map(({ refresh_token: next }) => String(next)));
  expect(successors.size).toBe(1);
  expect(await unused(grant)).toBe(1);
  const [successor = ''] = successors;
  const last = await refresh(successor);
  expect(await unused(grant)).toBe(1);
  await isDead([], [first]);
  const given = [access, last.access_token, ...answers.slice(0, 2).map((each) => each.access_token)];
  await isDead(given, [String(last.refresh_token), successor]);
});

it('a code that is redeemed many times as identity dies is good once at most, and once more ends what it gave', async () => {
  const { url, checks } = await codeFor(config, EMAIL);
  const redeem = () => oidc.authorizationCodeGrant(config, url, checks);
  const answers = await killedDuring(redeem);
  expect(answers.length).toBeLessThanOrEqual(1);
  // Where the kill came before the code was used, the first of these may yet be answered.
  const late = await redeem().then(
    (tokens) => [tokens],
    () => [],
  );
  expect(answers.length + late.length).toBeLessThanOrEqual(1);
  await expect(redeem()).rejects.toMatchObject({ error: 'invalid_grant' });
  const given = [...answers, ...late];
  await isDead(
    given.map((tokens) => tokens.access_token),
    given.map((tokens) => String(tokens.refresh_token)),
  );
});

it('a consent that is withdrawn as identity dies is withdrawn or is not; withdrawn, nothing of it is good', async () => {
  const { access, refresh: first, grant } = await redeemed();
  const path = `/v1/consents/${grant}/withdraw`;
  const withdraw = async () => (await admin('identity', 'POST', path, demoKey('acme', 'admin'))).status;
  const answers = await killedDuring(() => refresh(first), withdraw);
  // 404: it had been written before the end.
  await waitFor(async () => [200, 202, 404].includes(await withdraw()), { timeoutMs: 30_000 });
  await act('identity', 'ready');
  const given = answers.slice(0, 3);
  const tokens = given.map(({ refresh_token: next }) => String(next));
  await isDead([access, ...given.map((each) => each.access_token)], [first, ...tokens]);
});
