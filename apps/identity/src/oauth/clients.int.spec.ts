import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as oauth from 'oauth4webapi';
import * as oidc from 'openid-client';
import { decodeJwt, decodeProtectedHeader, exportJWK } from 'jose';
import { AccessTokenClaims, EXCHANGE_CLIENT_ID } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { Browser } from './browser.fixture.js';
import { REDIRECT } from './code-flow.fixture.js';
import { OAuthWorld } from './oauth.fixture.js';

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS = 'urn:ietf:params:oauth:token-type:access_token';

const world = new OAuthWorld();
beforeAll(() => world.open());
afterAll(() => world.close());

const options = { [oidc.customFetch]: world.fetch as never, execute: [oidc.allowInsecureRequests] };
const discovered = (id: string, secret: string, auth?: oidc.ClientAuth) =>
  oidc.discovery(new URL(world.issuer), id, secret || undefined, auth, options);

describe('openid-client', () => {
  it('gets a token for a client of its own', async () => {
    const account = await world.account('etl');
    const client = await world.client({
      grant_types: ['client_credentials'],
      scopes: ['model:invoke', 'model:list'],
      virtual_account: 'etl',
    });
    const config = await discovered(client.id, client.secret, oidc.ClientSecretBasic(client.secret));
    const answer = await oidc.clientCredentialsGrant(config, { scope: 'model:invoke' });
    expect(answer).toMatchObject({ token_type: 'bearer', expires_in: 900, scope: 'model:invoke' });
    expect(decodeProtectedHeader(answer.access_token)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
    expect(AccessTokenClaims.parse(decodeJwt(answer.access_token))).toMatchObject({
      iss: world.issuer,
      aud: world.gateway,
      sub: account,
      tenant: 'acme',
      client_id: client.id,
    });
  });

  it('logs somebody in with a code, and refreshes', async () => {
    const client = await world.codeClient();
    const config = await discovered(client.id, client.secret, oidc.ClientSecretBasic(client.secret));
    const verifier = oidc.randomPKCECodeVerifier();
    const nonce = oidc.randomNonce();
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: 'https://app.example/callback',
      scope: 'openid offline_access model:invoke',
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state: 'xyz',
      nonce,
      prompt: 'consent',
    });
    const page = await new Browser(world).pass(url.href, 'ada@acme.example');
    expect(page.url.href).toContain('https://app.example/callback?code=');
    expect(page.url.searchParams.get('iss')).toBe(world.issuer);
    const checks = { pkceCodeVerifier: verifier, expectedState: 'xyz', expectedNonce: nonce };
    const tokens = await oidc.authorizationCodeGrant(config, page.url, checks);
    expect(tokens.claims()).toMatchObject({ sub: world.people.ada.id, aud: client.id });
    expect(AccessTokenClaims.parse(decodeJwt(tokens.access_token))).toMatchObject({
      sub: world.people.ada.id,
      scope: 'model:invoke',
      gh_session: expect.any(String),
    });
    const again = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(again.refresh_token).not.toBe(tokens.refresh_token);
    expect(decodeJwt(again.access_token)['gh_grant']).toBe(decodeJwt(tokens.access_token)['gh_grant']);
  });

  it('gets what a user allowed in detail, and keeps it when it refreshes', async () => {
    const client = await world.codeClient();
    const config = await discovered(client.id, client.secret, oidc.ClientSecretBasic(client.secret));
    const verifier = oidc.randomPKCECodeVerifier();
    const detail = { type: 'gatehouse', actions: ['model:invoke'], resources: ['model:local/*'] };
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: 'https://app.example/callback',
      scope: 'openid offline_access',
      authorization_details: JSON.stringify([detail]),
      // As a client says it that knows the gateway by one of its prefixes.
      resource: `${world.gateway}/v1`,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      prompt: 'consent',
    });
    const page = await new Browser(world).pass(url.href, 'ada@acme.example');
    const checks = { pkceCodeVerifier: verifier, idTokenExpected: true };
    const first = await oidc.authorizationCodeGrant(config, page.url, checks);
    const again = await oidc.refreshTokenGrant(config, String(first.refresh_token));
    for (const tokens of [first, again]) {
      expect(tokens.authorization_details).toEqual([detail]);
      expect(decodeJwt(tokens.access_token)).toMatchObject({ aud: world.gateway, authorization_details: [detail] });
    }
  });

  it('exchanges a key for a token of its owner, and is told the type of what it got', async () => {
    const config = await discovered(EXCHANGE_CLIENT_ID, '', oidc.None());
    const { ada } = world.people;
    const answer = await oidc.genericGrantRequest(config, EXCHANGE, {
      subject_token: ada.key,
      subject_token_type: 'urn:gatehouse:params:oauth:token-type:api_key',
      scope: 'model:invoke',
    });
    expect(answer).toMatchObject({ issued_token_type: ACCESS, token_type: 'bearer', scope: 'model:invoke' });
    expect(AccessTokenClaims.parse(decodeJwt(answer.access_token))).toMatchObject({ sub: ada.id, gh_key: ada.keyId });
  });
});

describe('oauth4webapi', () => {
  const options = { [oauth.customFetch]: world.fetch as never, [oauth.allowInsecureRequests]: true };
  const discovered = async () => {
    const issuer = new URL(world.issuer);
    return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options));
  };

  it('finds what there is, and nothing that is not', async () => {
    const server = await discovered();
    expect(server).toMatchObject({
      issuer: world.issuer,
      code_challenge_methods_supported: ['S256'],
      response_types_supported: ['code'],
      authorization_response_iss_parameter_supported: true,
      token_endpoint_auth_methods_supported: expect.arrayContaining(['private_key_jwt', 'none']),
      grant_types_supported: expect.arrayContaining(['client_credentials', 'refresh_token', 'authorization_code']),
    });
    expect(server.registration_endpoint).toBeUndefined();
    expect(server.device_authorization_endpoint).toBeUndefined();
    expect(JSON.stringify(server)).not.toMatch(/HS256|"none"[^\]]*alg/);
  });

  it('gets a token with a secret in the body, looks at it, and revokes it', async () => {
    const server = await discovered();
    await world.account('poster');
    const { id, secret } = await world.client({
      token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['client_credentials'],
      scopes: ['model:invoke'],
      virtual_account: 'poster',
      access_token_seconds: 120,
    });
    const client = { client_id: id };
    const auth = oauth.ClientSecretPost(secret);
    const response = await oauth.clientCredentialsGrantRequest(server, client, auth, {}, options);
    const token = await oauth.processClientCredentialsResponse(server, client, response);
    expect(token).toMatchObject({ expires_in: 120, scope: 'model:invoke' });
    const look = async () =>
      oauth.processIntrospectionResponse(
        server,
        client,
        await oauth.introspectionRequest(server, client, auth, token.access_token, options),
      );
    await waitFor(async () => (await look()).active);
    const revoked = await oauth.revocationRequest(server, client, auth, token.access_token, options);
    await oauth.processRevocationResponse(revoked);
    await waitFor(async () => !(await look()).active);
  });

  it('gets a code, tokens and their successors for a client that signs, which looks at them and ends them', async () => {
    const server = await discovered();
    const pair = await oauth.generateKeyPair('ES256', { extractable: true });
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'c1', alg: 'ES256', use: 'sig' };
    const { id } = await world.codeClient({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } });
    const client = { client_id: id };
    const auth = oauth.PrivateKeyJwt({ key: pair.privateKey, kid: 'c1' });
    const verifier = oauth.generateRandomCodeVerifier();
    const asked = {
      client_id: id,
      response_type: 'code',
      redirect_uri: REDIRECT,
      scope: 'openid offline_access model:invoke',
      prompt: 'consent',
      state: 'xyz',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    };
    const url = `${server.authorization_endpoint}?${new URLSearchParams(asked)}`;
    const page = await new Browser(world).pass(url, 'ada@acme.example');
    // Mix-up: a client that asked another server does not take this answer for its own.
    const other = { ...server, issuer: 'https://evil.example' };
    expect(() => oauth.validateAuthResponse(other, client, page.url, 'xyz')).toThrow(/"iss"/);
    const code = oauth.validateAuthResponse(server, client, page.url, 'xyz');
    const redeemed = await oauth.processAuthorizationCodeResponse(
      server,
      client,
      await oauth.authorizationCodeGrantRequest(server, client, auth, code, REDIRECT, verifier, options),
      { requireIdToken: true },
    );
    expect(oauth.getValidatedIdTokenClaims(redeemed)).toMatchObject({ sub: world.people.ada.id, aud: id });
    const response = await oauth.refreshTokenGrantRequest(
      server,
      client,
      auth,
      String(redeemed.refresh_token),
      options,
    );
    const next = await oauth.processRefreshTokenResponse(server, client, response);
    expect(next).toMatchObject({ scope: 'model:invoke', expires_in: 900 });
    const look = async () => {
      const asking = await oauth.introspectionRequest(server, client, auth, next.access_token, options);
      return oauth.processIntrospectionResponse(server, client, asking);
    };
    await waitFor(async () => (await look()).active);
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(server, client, auth, String(next.refresh_token), options),
    );
    await waitFor(async () => !(await look()).active);
  });

  it('exchanges a token for a narrower one, and raises what the server says of one that is none', async () => {
    const server = await discovered();
    await world.account('exchanger');
    const { id, secret } = await world.client({
      grant_types: ['client_credentials', EXCHANGE],
      scopes: ['model:invoke', 'model:list'],
      virtual_account: 'exchanger',
    });
    const client = { client_id: id };
    const auth = oauth.ClientSecretBasic(secret);
    const whole = await oauth.clientCredentialsGrantRequest(server, client, auth, {}, options);
    const { access_token: given } = await oauth.processClientCredentialsResponse(server, client, whole);
    const exchange = async (subject_token: string) => {
      const form = { subject_token, subject_token_type: ACCESS, scope: 'model:list' };
      const response = await oauth.genericTokenEndpointRequest(server, client, auth, EXCHANGE, form, options);
      return oauth.processGenericTokenEndpointResponse(server, client, response);
    };
    const narrow = await waitFor(() => exchange(given).catch(() => undefined));
    expect(narrow).toMatchObject({ issued_token_type: ACCESS, scope: 'model:list' });
    expect(decodeJwt(narrow.access_token)).toMatchObject({ scope: 'model:list', act: { sub: id } });
    await expect(exchange(`${given.slice(0, -4)}AAAA`)).rejects.toMatchObject({ error: 'invalid_grant', status: 400 });
  });
});
