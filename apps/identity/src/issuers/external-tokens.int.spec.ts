import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { Provider } from 'oidc-provider';
import { EXCHANGE_CLIENT_ID } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IssuersFixture } from './issuers.fixture.js';

const GUIDE = new URL('../../../../docs/guides/workload-identity.md', import.meta.url);
const spec = new IssuersFixture();
const AUDIENCE = 'https://gateway.example/acme';

type GuideIssuer = {
  name: string;
  issuer: string;
  audiences: string[];
  mappings: { as: { virtual_account?: string } }[];
};
const guide = [...readFileSync(GUIDE, 'utf8').matchAll(/^```json\n(.*?)^```/gms)].map(
  ([, text = '']) => JSON.parse(text) as GuideIssuer,
);
const issuerOf = (name: string) => guide.find((each) => each.name === name)?.issuer ?? '';

let privateKey: CryptoKey;
let jwk: JWK;
const now = () => Math.floor(spec.identity.clock.nowMs() / 1_000);
/** As the platform signs one: its own claims, and a header with no more than it sends. */
const token = (claims: Record<string, unknown>, typ?: string) =>
  new SignJWT({ iat: now(), exp: now() + 600, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'platform', ...(typ !== undefined && { typ }) })
    .sign(privateKey);
/** 200: authenticated, and may read people. 403: authenticated as somebody who may not. 401: nobody. */
const status = async (bearer: string) => (await spec.identity.ask(bearer, 'GET /v1/users')).status;

/** Whom the token acts as that it is exchanged for, or the error. */
async function exchanged(text: string): Promise<string> {
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    client_id: EXCHANGE_CLIENT_ID,
    subject_token: text,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    scope: 'model:invoke',
  };
  const { body } = await spec.identity.app.inject({
    method: 'POST',
    url: '/oauth2/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(form).toString(),
  });
  const { access_token: made, error } = JSON.parse(body) as { access_token?: string; error?: string };
  return made === undefined ? String(error) : String(decodeJwt(made).sub);
}

beforeAll(async () => {
  await spec.open();
  const pair = await generateKeyPair('RS256', { extractable: true });
  privateKey = pair.privateKey;
  jwk = { ...(await exportJWK(pair.publicKey)), kid: 'platform', alg: 'RS256', use: 'sig' };
  await spec.ada('POST /v1/teams', { name: 'frontend' });
  const accounts = new Set(guide.flatMap(({ mappings }) => mappings.flatMap(({ as }) => as.virtual_account ?? [])));
  for (const name of accounts) {
    if (name !== 'etl') await spec.ada('POST /v1/virtual-accounts', { name });
    await spec.identity.grant('acme', { name: `guide-${name}`, subject: `virtual-account:${name}`, role: 'auditor' });
  }
});
afterAll(() => spec.close());

describe('the bodies of the guide', () => {
  const ids = new Map<string, string>();

  it('are accepted as they stand there', async () => {
    expect(guide.map(({ name }) => name)).toEqual(['cluster', 'github', 'google', 'entra', 'staff']);
    for (const body of guide) {
      const asWritten = await spec.ada('POST /v1/issuers', body);
      expect([body.name, asWritten.status]).toEqual([body.name, 201]);
      // Nobody is asked from here: the platform's key is given instead.
      const { id } = asWritten.body;
      const given = await spec.ada(`PATCH /v1/issuers/${id}`, { jwks: { keys: [jwk] } });
      expect(given.status).toBe(200);
      ids.set(body.name, id);
    }
    for (const id of ids.values()) await waitFor(() => spec.kids(id) === 'platform');
  });

  it('let in the tokens of their platforms, and nobody beside', async () => {
    const kubernetes = (sub: string) => ({
      iss: issuerOf('cluster'),
      aud: [AUDIENCE],
      sub,
      nbf: now(),
      jti: '0b4c8a3e-2f5c-4a7e-9a53-0c6d6c8f4b11',
      'kubernetes.io': {
        namespace: 'batch',
        serviceaccount: { name: 'nightly', uid: '6f3c' },
        pod: { name: 'nightly-1' },
      },
    });
    const github = (more: object = {}) => ({
      iss: issuerOf('github'),
      aud: AUDIENCE,
      sub: 'repo:acme/site:ref:refs/heads/main',
      repository: 'acme/site',
      repository_owner: 'acme',
      ref: 'refs/heads/main',
      event_name: 'push',
      workflow: 'deploy',
      run_id: '1234567890',
      ...more,
    });
    const email = 'etl@acme-prod.iam.gserviceaccount.com';
    const google = { iss: issuerOf('google'), aud: AUDIENCE, azp: '1066', sub: '1066', email, email_verified: true };
    const entra = {
      iss: issuerOf('entra'),
      aud: '7f4b1a36-9f0e-4d8a-a9f3-1c2b3d4e5f60',
      sub: '2f1c5a70-1111-4222-8333-944455556666',
      oid: '2f1c5a70-1111-4222-8333-944455556666',
      tid: '72f988bf-86f1-41af-91ab-2d7cd011db47',
      idtyp: 'app',
      ver: '2.0',
      nbf: now(),
    };
    const accepted = [
      await token(kubernetes('system:serviceaccount:batch:nightly')),
      await token(kubernetes('system:serviceaccount:web:shop')),
      await token(github(), 'JWT'),
      await token(google, 'JWT'),
      await token(entra, 'JWT'),
    ];
    expect(await Promise.all(accepted.map(status))).toEqual(accepted.map(() => 200));
    // Exchanged they act as the same, and as nobody where they would be nobody.
    const named = await Promise.all(
      accepted.map(async (text) => (await spec.identity.ask(text, 'GET /v1/me')).body.id),
    );
    expect(await Promise.all(accepted.map(exchanged))).toEqual(named);
    const refused = [
      await token(kubernetes('system:serviceaccount:batch:nightly-2')),
      await token({ ...kubernetes('system:serviceaccount:batch:nightly'), aud: ['https://kubernetes.default.svc'] }),
      await token(github({ repository: 'evil/site', repository_owner: 'evil' }), 'JWT'),
      await token(github({ ref: 'refs/heads/other' }), 'JWT'),
      await token(github({ event_name: 'pull_request' }), 'JWT'),
      await token({ ...github(), exp: now() + 3_600 }, 'JWT'),
      await token({ ...google, email_verified: false }, 'JWT'),
      await token({ ...entra, idtyp: 'user' }, 'JWT'),
      await token({ ...entra, iss: issuerOf('entra').replace('/v2.0', '') }, 'JWT'),
    ];
    expect(await Promise.all(refused.map(status))).toEqual(refused.map(() => 401));
    expect(await Promise.all(refused.map(exchanged))).toEqual(refused.map(() => 'invalid_grant'));
  });

  it('let people in by a verified address alone', async () => {
    const person = { iss: issuerOf('staff'), aud: AUDIENCE, sub: '7', email: 'ada@acme.example', email_verified: true };
    expect(await status(await token(person))).toBe(200);
    expect(await status(await token({ ...person, email_verified: false }))).toBe(401);
    expect(await status(await token({ ...person, email: 'nobody@acme.example' }))).toBe(401);
    expect(await status(await token({ ...person, email: 'gil@globex.example' }))).toBe(401);
  });

  it('let nobody in any more once they are disabled, and what was issued before stays out', async () => {
    const id = ids.get('google') ?? '';
    const email = 'etl@acme-prod.iam.gserviceaccount.com';
    const claims = { iss: issuerOf('google'), aud: AUDIENCE, sub: '1066', email, email_verified: true };
    const before = await token(claims);
    expect(await status(before)).toBe(200);
    await spec.ada(`POST /v1/issuers/${id}/disable`);
    expect(await status(before)).toBe(401);
    await spec.ada(`POST /v1/issuers/${id}/enable`);
    expect(await status(before)).toBe(401);
    spec.identity.clock.shiftMs += 2_000;
    expect(await status(await token(claims))).toBe(200);
  });

  it('give tokens that end with all others of their account', async () => {
    const claims = { iss: issuerOf('cluster'), aud: AUDIENCE, sub: 'system:serviceaccount:batch:nightly' };
    const before = await token(claims);
    expect(await status(before)).toBe(200);
    const { mappings } = await spec.shown(ids.get('cluster') ?? '');
    await spec.ada(`POST /v1/virtual-accounts/${mappings[0].as.virtual_account}/revoke-tokens`);
    expect(await status(before)).toBe(401);
    spec.identity.clock.shiftMs += 2_000;
    expect(await status(await token(claims))).toBe(200);
    await spec.ada(`POST /v1/virtual-accounts/${mappings[0].as.virtual_account}/suspend`);
    expect(await status(await token(claims))).toBe(401);
  });
});

describe('another OpenID provider', () => {
  let server: Server;
  let url: string;
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  beforeAll(async () => {
    const { privateKey: signing } = await generateKeyPair('RS256', { extractable: true });
    const keys = [{ ...(await exportJWK(signing)), kid: 'provider', alg: 'RS256', use: 'sig' }];
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const ci = {
      client_id: 'ci',
      client_secret: 'a-secret-of-the-other-provider',
      redirect_uris: [],
      response_types: [],
    };
    const provider = new Provider(url, {
      jwks: { keys: keys as never },
      clients: [{ ...ci, grant_types: ['client_credentials'] }],
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => AUDIENCE,
          getResourceServerInfo: () => ({
            scope: '',
            audience: AUDIENCE,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'RS256' } },
          }),
        },
      },
    });
    server.on('request', provider.callback());
  });

  it('is trusted by its discovery document, and its own access tokens act as whom they are mapped to', async () => {
    const { id } = await spec.trust({
      issuer: url,
      audiences: [AUDIENCE],
      jwks: undefined,
      token_types: ['at+jwt'],
      mappings: [{ match: { client_id: 'ci' }, as: { virtual_account: 'etl' } }],
    });
    await waitFor(() => spec.kids(id) === 'provider', { what: 'its key' });
    const answer = await fetch(`${url}/token`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${btoa('ci:a-secret-of-the-other-provider')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'grant_type=client_credentials',
    });
    const { access_token: theirs } = (await answer.json()) as { access_token: string };
    expect(await status(theirs)).toBe(200);
    await spec.ada(`DELETE /v1/issuers/${id}`);
    expect(await status(theirs)).toBe(401);
  });
});
