import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as oauth from 'oauth4webapi';
import * as oidc from 'openid-client';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { AccessTokenClaims } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { Browser } from './browser.fixture.js';
import { OAuthWorld } from './oauth.fixture.js';

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
});
