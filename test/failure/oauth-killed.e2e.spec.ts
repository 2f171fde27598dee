import { decodeJwt } from 'jose';
import * as oidc from 'openid-client';
import { Client } from 'pg';
import { beforeAll, expect, it } from 'vitest';
import { admin, demoKey, kill, local } from '../system/system.js';
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

/** Sends each many times, kills identity by -9 at the very first answer, and answers what came, once identity is back. */
async function killedDuring(...asks: (() => Promise<Tokens>)[]): Promise<Tokens[][]> {
  const asked = asks.map((ask) => Array.from({ length: AT_ONCE }, ask));
  const answers = asked.map((each) => Promise.allSettled(each));
  await Promise.race(asked.flat().map((each) => each.catch(() => undefined)));
  await kill('identity');
  return (await Promise.all(answers)).map((each) =>
    each.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : [])),
  );
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
  const [answers = []] = await killedDuring(() => refresh(first));
  const successors = new Set(answers.map(({ refresh_token: next }) => String(next)));
  expect(successors.size).toBeLessThanOrEqual(1);
  expect(await unused(grant)).toBe(1);
  // Where the kill came before the first answer, the client tries again with what it has.
  const [successor = first] = successors;
  const last = await refresh(successor);
  expect(await unused(grant)).toBe(1);
  const next = await refresh(String(last.refresh_token));
  await isDead([], [first]);
  const given = [access, last.access_token, next.access_token, ...answers.slice(0, 2).map((each) => each.access_token)];
  await isDead(given, [String(next.refresh_token)]);
});

it('a code that is redeemed, and a consent that is withdrawn, as identity dies leave nothing that is good', async () => {
  const { access, refresh: first, grant } = await redeemed();
  const { url, checks } = await codeFor(config, EMAIL);
  const redeem = () => oidc.authorizationCodeGrant(config, url, checks);
  const withdraw = async () =>
    (await admin('identity', 'POST', `/v1/consents/${grant}/withdraw`, demoKey('acme', 'admin'))).status;
  const withdrawing = withdraw().catch(() => 0);
  const [redeemedOnce = [], refreshed = []] = await killedDuring(redeem, () => refresh(first));
  // Where the kill came before the code was used, the first of these may yet be answered.
  const late = await redeem().then(
    (tokens) => [tokens],
    () => [],
  );
  const byCode = [...redeemedOnce, ...late];
  expect(byCode.length).toBeLessThanOrEqual(1);
  await expect(redeem()).rejects.toMatchObject({ error: 'invalid_grant' });
  const told = await withdrawing;
  // 404: the first had been written before the end.
  const again = await withdraw();
  expect(told === 200 || told === 202 ? [404] : [200, 202, 404]).toContain(again);
  const given = [...byCode, ...refreshed.slice(0, 2)];
  const tokens = given.map(({ refresh_token: next }) => String(next));
  await isDead([access, ...given.map((each) => each.access_token)], [first, ...tokens]);
});
