import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import * as oidc from 'openid-client';
import { expect, it } from 'vitest';
import { waitFor } from '#libs/testing';
import { act, local } from '../system/system.js';
import { everywhere, statusOf } from '../system/token-calls.js';
import { codeFor, configOf, newUser, post, userClient, type OAuthClient } from '../system/user-tokens.js';

/** A cut-off gateway serves for its log lease, 10 s. */
const LEASE_MS = 10_000;

/** A client of the demo's virtual account `service`, which may use `local/*`. */
const serviceClient = () =>
  post<OAuthClient>('/v1/oauth-clients', {
    name: 'spec',
    grant_types: ['client_credentials'],
    scopes: ['model:invoke', 'model:list'],
    virtual_account: 'service',
  });

async function tokenOf(client: OAuthClient): Promise<string> {
  return (await oidc.clientCredentialsGrant(await configOf(client), { scope: 'model:invoke' })).access_token;
}

it('a service gets a token with openid-client and calls a model with the OpenAI SDK, until its client is disabled', async () => {
  const client = await serviceClient();
  const token = await tokenOf(client);
  expect(decodeJwt(token)).toMatchObject({ iss: local().identity.url, aud: local().gateway.url, tenant: 'acme' });
  await everywhere(token, 200);
  await post(`/v1/oauth-clients/${client.id}/disable`, {});
  await everywhere(token, 401);
  await post(`/v1/oauth-clients/${client.id}/enable`, {});
  // One of the very second in which the client was disabled is ended with the others.
  await waitFor(async () => (await statusOf(await tokenOf(client), 1)) === 200, { timeoutMs: 60_000 });
  expect(await statusOf(token, 1)).toBe(401);
});

/** Somebody outside whom acme trusts for a while; each token is of the present second. */
async function issuerOutside() {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const [issuer, audience] = ['https://outside.example', 'https://gatehouse.example'];
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }] };
  const mappings = [{ match: { sub: 'robot' }, as: { virtual_account: 'service' } }];
  const { id } = await post<{ id: string }>('/v1/issuers', {
    name: 'outside',
    issuer,
    audiences: [audience],
    jwks,
    mappings,
  });
  const signed = new SignJWT({ sub: 'robot' }).setProtectedHeader({ alg: 'ES256', kid: 'k1', typ: 'JWT' });
  const token = () =>
    signed.setIssuer(issuer).setAudience(audience).setIssuedAt().setExpirationTime('1h').sign(privateKey);
  return { id, token };
}

it('a token of an issuer outside is served at both gateways until the issuer is disabled, and never again', async () => {
  const { id, token } = await issuerOutside();
  const former = await token();
  await everywhere(former, 200);
  await post(`/v1/issuers/${id}/disable`, {});
  await everywhere(former, 401);
  await post(`/v1/issuers/${id}/enable`, {});
  for (const gateway of [1, 2] as const) {
    await waitFor(async () => (await statusOf(await token(), gateway)) === 200, { timeoutMs: 60_000 });
    expect(await statusOf(former, gateway)).toBe(401);
  }
});

it('a token that its client revokes is refused at both gateways', async () => {
  const client = await serviceClient();
  const token = await tokenOf(client);
  await everywhere(token, 200);
  await oidc.tokenRevocation(await configOf(client), token);
  await everywhere(token, 401);
  expect(await Promise.all([statusOf(token, 1), statusOf(token, 2)])).toEqual([401, 401]);
});

type Told = { readonly user: string; readonly client: string; readonly consent: string };

it.each([
  ['suspending the user', ({ user }: Told) => post(`/v1/users/${user}/suspend`, {})],
  ['withdrawing the consent', ({ consent }: Told) => post(`/v1/consents/${consent}/withdraw`, {})],
  ['disabling the client', ({ client }: Told) => post(`/v1/oauth-clients/${client}/disable`, {})],
])('%s ends what a user allowed, at both gateways and at identity', async (what, end) => {
  const email = `${what.split(' ').at(-1)}@acme.example`;
  const [user, client] = [await newUser(email), await userClient()];
  const config = await configOf(client);
  const { url, checks } = await codeFor(config, email);
  const { access_token: token, refresh_token: next } = await oidc.authorizationCodeGrant(config, url, checks);
  await everywhere(token, 200);
  await end({ user, client: client.id, consent: String(decodeJwt(token)['gh_grant']) });
  await everywhere(token, 401);
  await expect(oidc.refreshTokenGrant(config, String(next))).rejects.toThrow();
  expect(await Promise.all([statusOf(token, 1), statusOf(token, 2)])).toEqual([401, 401]);
});

it('a warm gateway takes a token that it never saw with identity, PostgreSQL and Kafka stopped, and calls nobody but the provider', async () => {
  const client = await serviceClient();
  await everywhere(await tokenOf(client), 200);
  const unseen = [await tokenOf(client), await tokenOf(client)] as const;
  try {
    await act('identity', 'stop');
    await act('postgres', 'stop');
    expect(await statusOf(unseen[0], 2)).toBe(200);
    const awayAtMs = performance.now();
    const stopping = act('kafka', 'stop');
    const status = await statusOf(unseen[1], 1);
    const isWithinLease = performance.now() - awayAtMs < LEASE_MS / 2;
    expect(isWithinLease ? [200] : [200, 503]).toContain(status);
    await stopping;
  } finally {
    for (const part of ['kafka', 'postgres', 'identity']) await act(part, 'start');
  }
  await waitFor(async () => (await statusOf(unseen[1], 1)) === 200, { timeoutMs: 60_000 });
  await everywhere(unseen[1], 200);
});
