import { mintKeyText, mintRotatedText } from '#libs/access';
import { EXCHANGE_CLIENT_ID } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokensFor } from './code-flow.fixture.js';
import { OAuthWorld } from './oauth.fixture.js';

const world = new OAuthWorld();
const KEY = 'urn:gatehouse:params:oauth:token-type:api_key';
const JWT = 'urn:ietf:params:oauth:token-type:jwt';
const ACCESS = 'urn:ietf:params:oauth:token-type:access_token';
const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ISSUER = 'https://cluster.example';
let signing: Awaited<ReturnType<typeof generateKeyPair>>;
let account: string;
let machine: { id: string; secret: string };

const exchange = (form: Record<string, string>, client?: { id: string; secret: string }) =>
  world.post(
    '/oauth2/token',
    { grant_type: GRANT, ...(client ? {} : { client_id: EXCHANGE_CLIENT_ID }), ...form },
    client,
  );
const ofKey = (key: string, more: Record<string, string> = {}) =>
  exchange({ subject_token: key, subject_token_type: KEY, scope: 'model:invoke', ...more });
const foreign = (claims: object = {}, typ = 'JWT') =>
  new SignJWT({ sub: 'system:serviceaccount:ci:builder', ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: '1', typ })
    .setIssuer(ISSUER)
    .setAudience('gatehouse')
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(signing.privateKey);

beforeAll(async () => {
  await world.open();
  account = await world.account('etl');
  signing = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(signing.publicKey)), kid: '1', alg: 'ES256', use: 'sig' };
  const trusted = await world.ada('POST /v1/issuers', {
    name: 'cluster',
    issuer: ISSUER,
    audiences: ['gatehouse'],
    jwks: { keys: [jwk] },
    mappings: [{ match: { sub: 'system:serviceaccount:ci:*' }, as: { virtual_account: 'etl' } }],
  });
  if (trusted.status !== 201) throw new Error(trusted.text);
  const settings = { grant_types: ['client_credentials', GRANT], virtual_account: 'etl' };
  machine = await world.client({ ...settings, scopes: ['model:invoke', 'model:list'] });
});
afterAll(() => world.close());

describe('a key, exchanged', () => {
  it('becomes a short-lived token of its owner that names the key', async () => {
    const { status, body } = await ofKey(world.people.ada.key);
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: 'Bearer', issued_token_type: ACCESS, scope: 'model:invoke' });
    const claims = decodeJwt(body.access_token);
    expect(claims).toMatchObject({ sub: world.people.ada.id, gh_key: world.people.ada.keyId, aud: world.gateway });
    expect(Number(claims.exp) - Number(claims.iat)).toBeLessThanOrEqual(900);
  });

  it('lives no longer than the key', async () => {
    const owner = `user:${world.people.ada.id}`;
    const short = await world.ada('POST /v1/api-keys', { name: 's', owner, expires_in_seconds: 120 });
    const { body } = await waitFor(async () => {
      const answer = await ofKey(short.body.value);
      return answer.status === 200 ? answer : undefined;
    });
    expect(body.expires_in).toBeLessThanOrEqual(120);
    expect(body.expires_in).toBeGreaterThan(60);
  });

  it.each<[string, () => string, Record<string, string>, string]>([
    ['a key with another secret', () => mintRotatedText('pat', 'p', world.people.ada.keyId).text, {}, 'invalid_grant'],
    ['the operator’s key', () => world.identity.operator, {}, 'invalid_grant'],
    ['a key of nobody', () => mintKeyText('pat', 'p').text, {}, 'invalid_grant'],
    ['what is no key', () => 'gh_nothing', {}, 'invalid_grant'],
    ['a type of its own', () => world.people.ada.key, { subject_token_type: 'urn:x' }, 'invalid_request'],
    ['a key said to be a token', () => world.people.ada.key, { subject_token_type: JWT }, 'invalid_grant'],
    ['no scope', () => world.people.ada.key, { scope: '' }, 'invalid_scope'],
    ['a scope that is no action', () => world.people.ada.key, { scope: 'admin' }, 'invalid_scope'],
    ['a scope with a wildcard', () => world.people.ada.key, { scope: 'model:*' }, 'invalid_scope'],
    ['a resource of nobody', () => world.people.ada.key, { resource: 'https://evil.example' }, 'invalid_target'],
    ['an audience of its own', () => world.people.ada.key, { audience: 'x' }, 'invalid_target'],
    ['a refresh token as answer', () => world.people.ada.key, { requested_token_type: 'refresh' }, 'invalid_request'],
    ['an actor token', () => world.people.ada.key, { actor_token: 'x', actor_token_type: JWT }, 'invalid_request'],
    [
      'details of another type',
      () => world.people.ada.key,
      { authorization_details: '[{"type":"pay"}]' },
      'invalid_authorization_details',
    ],
  ])('with %s is refused', async (_what, key, more, code) => {
    const { status, body } = await ofKey(key(), more);
    expect([status, body.error]).toEqual([400, code]);
    expect(body.access_token).toBeUndefined();
  });

  it('takes nothing for itself that nobody offers: no tenant, subject, life, issuer or claim', async () => {
    const asked = {
      sub: world.people.gil.id,
      tenant: 'globex',
      exp: '99999999999',
      gh_epoch: '9',
      expires_in: '99999',
    };
    const { body } = await ofKey(world.people.con.key, asked);
    expect(decodeJwt(body.access_token)).toMatchObject({ sub: world.people.con.id, tenant: 'acme', gh_epoch: 1 });
    expect(body.expires_in).toBe(900);
  });
});

describe('a token of a trusted issuer, exchanged', () => {
  it('becomes a token of the virtual account that it is mapped to, and names the issuer', async () => {
    const { status, body } = await waitFor(async () => {
      const subject_token = await foreign();
      const answer = await exchange({ subject_token, subject_token_type: JWT, scope: 'model:invoke' });
      return answer.status === 200 ? answer : undefined;
    });
    expect(status).toBe(200);
    expect(decodeJwt(body.access_token)).toMatchObject({ sub: account, gh_issuer: expect.stringMatching(/^issuer_/) });
    expect(body.expires_in).toBeLessThanOrEqual(300);
  });

  it('names the client that exchanged it as the actor, within that client’s scopes', async () => {
    const form = { subject_token: await foreign(), subject_token_type: JWT };
    const { body } = await exchange({ ...form, scope: 'model:list' }, machine);
    expect(decodeJwt(body.access_token)).toMatchObject({
      sub: account,
      act: { sub: machine.id },
      client_id: machine.id,
    });
    expect((await exchange({ ...form, scope: 'policy:apply' }, machine)).body.error).toBe('invalid_scope');
  });

  it('is refused where nobody is mapped, the signature is another’s, or it is of another type', async () => {
    const other = await generateKeyPair('ES256');
    const forged = await new SignJWT({ sub: 'system:serviceaccount:ci:builder' })
      .setProtectedHeader({ alg: 'ES256', kid: '1', typ: 'JWT' })
      .setIssuer(ISSUER)
      .setAudience('gatehouse')
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(other.privateKey);
    const tokens = [await foreign({ sub: 'system:serviceaccount:prod:x' }), forged, await foreign({}, 'logout+jwt')];
    for (const subject_token of tokens) {
      const answer = await exchange({ subject_token, subject_token_type: JWT, scope: 'model:invoke' });
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_grant']);
    }
  });
});

describe('a token of our own, exchanged', () => {
  it('is narrower, of the same grant, and never for another service', async () => {
    const app = await world.codeClient();
    const whole = await tokensFor(world, app, { asked: { scope: 'openid model:invoke model:list' } });
    const form = { subject_token: whole.access_token, subject_token_type: ACCESS };
    const { body } = await waitFor(async () => {
      const answer = await exchange({ ...form, scope: 'model:list' }, machine);
      return answer.status === 200 ? answer : undefined;
    });
    const [before, after] = [decodeJwt(whole.access_token), decodeJwt(body.access_token)];
    expect(after).toMatchObject({
      sub: before.sub,
      scope: 'model:list',
      gh_grant: before['gh_grant'],
      aud: before.aud,
    });
    expect(Number(after.exp)).toBeLessThanOrEqual(Number(before.exp));
    const narrow = { subject_token: body.access_token, subject_token_type: ACCESS };
    expect((await exchange({ ...narrow, scope: 'model:invoke' }, machine)).body.error).toBe('invalid_scope');
    const elsewhere = { ...form, scope: 'model:list', resource: world.issuer };
    expect((await exchange(elsewhere, machine)).body.error).toBe('invalid_target');
    // Nobody stands behind the public client but a key or an issuer.
    expect((await exchange({ ...form, scope: 'model:list' })).body.error).toBe('invalid_grant');
    // An ID token says who somebody is, and gives no access.
    const id = { subject_token: whole.id_token, scope: 'model:list' };
    for (const subject_token_type of [ACCESS, JWT, 'urn:ietf:params:oauth:token-type:id_token']) {
      expect((await exchange({ ...id, subject_token_type }, machine)).body.error).toBe('invalid_grant');
    }
  });
});

describe('introspection and revocation', () => {
  const grant = async () =>
    (await world.post('/oauth2/token', { grant_type: 'client_credentials', scope: 'model:invoke' }, machine)).body
      .access_token as string;
  const active = async (token: string, client = machine) =>
    (await world.post('/oauth2/introspect', { token }, client)).body as Record<string, unknown>;

  it('tell a client of its own tokens, and of nobody else’s', async () => {
    const token = await grant();
    const body = await waitFor(async () => {
      const answer = await active(token);
      return answer['active'] === true ? answer : undefined;
    });
    expect(body).toMatchObject({ scope: 'model:invoke', sub: account, client_id: machine.id, token_type: 'Bearer' });
    const other = await world.codeClient();
    expect(await active(token, other)).toEqual({ active: false });
    expect(await active(`${token.slice(0, -4)}AAAA`)).toEqual({ active: false });
    expect((await world.post('/oauth2/introspect', { token })).status).toBe(400);
    expect((await world.post('/oauth2/introspect', { token }, { ...machine, secret: 'x' })).status).toBe(401);
  });

  it('end a client’s own token everywhere, and leave another’s alone', async () => {
    const [token, kept] = [await grant(), await grant()];
    const other = await world.codeClient();
    await waitFor(async () => (await active(token))['active'] === true);
    expect((await world.post('/oauth2/revoke', { token }, other)).status).toBe(200);
    expect((await active(token))['active']).toBe(true);
    expect((await world.post('/oauth2/revoke', { token }, machine)).status).toBe(200);
    await waitFor(async () => (await active(token))['active'] === false);
    expect((await active(kept))['active']).toBe(true);
  });
});

describe('a client', () => {
  it('authenticates by an assertion once; replayed, for somebody else, or with another algorithm it is nobody', async () => {
    const pair = await generateKeyPair('ES256', { extractable: true });
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'c1', alg: 'ES256', use: 'sig' };
    const client = await world.client({
      token_endpoint_auth_method: 'private_key_jwt',
      grant_types: ['client_credentials'],
      scopes: ['model:invoke'],
      virtual_account: 'etl',
      jwks: { keys: [jwk] },
    });
    const assertion = (aud: string, exp = '1m', iss = client.id) =>
      new SignJWT({ jti: crypto.randomUUID() })
        .setProtectedHeader({ alg: 'ES256', kid: 'c1' })
        .setIssuer(iss)
        .setSubject(client.id)
        .setAudience(aud)
        .setIssuedAt()
        .setExpirationTime(exp)
        .sign(pair.privateKey);
    const ask = (text: string) =>
      world.post('/oauth2/token', {
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: text,
      });
    const good = await assertion(world.issuer);
    const once = await Promise.all(Array.from({ length: 5 }, () => ask(good)));
    expect(once.map(({ status }) => status).toSorted()).toEqual([200, 401, 401, 401, 401]);
    const b64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = {
      iss: client.id,
      sub: client.id,
      aud: world.issuer,
      jti: 'x',
      exp: Math.floor(Date.now() / 1000) + 60,
    };
    const hmac = await new SignJWT({ ...claims, jti: 'y' })
      .setProtectedHeader({ alg: 'HS256', kid: 'c1' })
      .sign(Buffer.from(JSON.stringify(jwk)));
    for (const bad of [
      await assertion('https://elsewhere.example'),
      await assertion(world.issuer, '2h'),
      await assertion(world.issuer, '1m', 'client_other'),
      `${b64({ alg: 'none' })}.${b64(claims)}.`,
      `${b64({ alg: 'NONE' })}.${b64(claims)}.`,
      hmac,
    ]) {
      expect((await ask(bad)).status).toBe(401);
    }
  });

  it('gets what it was registered for and no more, and nothing with another’s secret', async () => {
    const grant = (form: Record<string, string>, client = machine) =>
      world.post('/oauth2/token', { grant_type: 'client_credentials', ...form }, client);
    expect((await grant({ scope: 'key:create' })).body.error).toBe('invalid_scope');
    expect((await grant({ resource: 'http://policy.test' })).body.error).toBe('invalid_target');
    expect((await grant({})).body.scope).toBe('model:invoke model:list');
    const code = await world.codeClient();
    expect((await grant({}, { id: machine.id, secret: code.secret })).status).toBe(401);
    expect((await grant({}, code)).status).toBe(400);
    const mapped = await grant({ sub: world.people.ada.id, virtual_account: 'x', tenant: 'globex' });
    expect(decodeJwt(mapped.body.access_token)).toMatchObject({ sub: account, tenant: 'acme' });
  });

  it('gets none once its virtual account is suspended, or its tenant', async () => {
    await world.account('doomed');
    const settings = { grant_types: ['client_credentials'], scopes: ['model:invoke'], virtual_account: 'doomed' };
    const client = await world.client(settings);
    const grant = () => world.post('/oauth2/token', { grant_type: 'client_credentials' }, client);
    expect((await grant()).status).toBe(200);
    const { body } = await world.ada('GET /v1/virtual-accounts');
    const { id } = body.data.find(({ name }: { name: string }) => name === 'doomed');
    await world.ada(`POST /v1/virtual-accounts/${id}/suspend`, {});
    expect((await grant()).body.error).toBe('invalid_grant');
    await world.ada(`POST /v1/virtual-accounts/${id}/resume`, {});
    await world.identity.ask(world.identity.operator, 'POST /v1/tenants/acme/suspend', {});
    expect((await grant()).body.error).toBe('invalid_client');
    await world.identity.ask(world.identity.operator, 'POST /v1/tenants/acme/resume', {});
  });
});
