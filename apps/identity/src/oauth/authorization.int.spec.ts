import { decodeJwt } from 'jose';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FREE_ATTEMPTS } from '../passwords/account-throttle.js';
import {
  authorizationUrl,
  codeFor,
  newVerifier,
  redeem,
  REDIRECT,
  refresh,
  SCOPE,
  tokensFor,
  type Client,
} from './code-flow.fixture.js';
import { Browser } from './browser.fixture.js';
import { OAuthWorld } from './oauth.fixture.js';

const world = new OAuthWorld();
let client: Client;
const introspect = async (token: string) => (await world.post('/oauth2/introspect', { token }, client)).body.active;

beforeAll(async () => {
  await world.open();
  client = await world.codeClient();
});
afterAll(() => world.close());

describe('a code', () => {
  it('that is replayed revokes what it issued', async () => {
    const { code, verifier } = await codeFor(world, client);
    const { body } = await redeem(world, client, code, verifier);
    await waitFor(async () => (await introspect(body.access_token)) === true);
    const replayed = await redeem(world, client, code, verifier);
    expect([replayed.status, replayed.body.error]).toEqual([400, 'invalid_grant']);
    expect((await refresh(world, client, body.refresh_token)).body.error).toBe('invalid_grant');
    await waitFor(async () => (await introspect(body.access_token)) === false);
  });

  it('that is redeemed many times at once is redeemed once at most, and all of it is taken back', async () => {
    const { code, verifier } = await codeFor(world, client);
    const answers = await Promise.all(Array.from({ length: 10 }, () => redeem(world, client, code, verifier)));
    const granted = answers.filter(({ status }) => status === 200);
    expect(granted.length).toBeLessThanOrEqual(1);
    for (const { body } of granted) {
      expect((await refresh(world, client, body.refresh_token)).body.error).toBe('invalid_grant');
    }
  });

  it('of another client is refused, and so is one with another verifier or redirect URI', async () => {
    const other = await world.codeClient();
    const first = await codeFor(world, client);
    expect((await redeem(world, other, first.code, first.verifier)).body.error).toBe('invalid_grant');
    expect((await redeem(world, client, first.code, newVerifier())).body.error).toBe('invalid_grant');
    const more = { redirect_uri: 'https://app.example/other' };
    expect((await redeem(world, client, first.code, first.verifier, more)).body.error).toBe('invalid_grant');
    expect((await redeem(world, client, first.code, first.verifier, { code_verifier: undefined })).status).toBe(400);
  });
});

describe('PKCE', () => {
  it.each([
    ['left out', { code_challenge: undefined, code_challenge_method: undefined }],
    ['plain', { code_challenge: newVerifier(), code_challenge_method: 'plain' }],
    ['plain by leaving the method out', { code_challenge_method: undefined }],
    ['of no known method', { code_challenge_method: 'S512' }],
  ])('%s is refused, with an answer to the client and no code', async (_what, asked) => {
    const page = await new Browser(world).go(authorizationUrl(client, newVerifier(), asked));
    expect(page.url.href.startsWith(REDIRECT)).toBe(true);
    expect(page.url.searchParams.get('error')).toBe('invalid_request');
    expect(page.url.searchParams.get('code')).toBeNull();
  });
});

describe('a redirect URI', () => {
  it.each([
    ['a longer path', `${REDIRECT}/more`],
    ['a prefix', 'https://app.example/call'],
    ['another host behind userinfo', 'https://app.example@evil.example/callback'],
    ['userinfo', 'https://me@app.example/callback'],
    ['a fragment', `${REDIRECT}#x`],
    ['another case', 'https://app.example/Callback'],
    ['an encoded letter', 'https://app.example/%63allback'],
    ['a path that goes up', 'https://app.example/x/../callback'],
    ['an extra query', `${REDIRECT}?next=https://evil.example`],
    ['a port', 'https://app.example:8443/callback'],
    ['another scheme', 'http://app.example/callback'],
    ['a script', 'javascript:alert(1)//callback'],
    ['a wildcard', 'https://*.example/callback'],
    ['a subdomain', 'https://x.app.example/callback'],
    ['a dot behind the host', 'https://app.example./callback'],
    ['none', undefined],
  ])('with %s is refused on our own page, and nobody is sent anywhere', async (_what, uri) => {
    const page = await new Browser(world).go(authorizationUrl(client, newVerifier(), { redirect_uri: uri }));
    expect([page.url.origin, page.status]).toEqual([world.issuer, 400]);
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    expect(page.text).not.toContain('evil.example/callback"');
  });

  it('may come from another port on loopback for a native client only', async () => {
    const loopback = { token_endpoint_auth_method: 'none', redirect_uris: ['http://127.0.0.1/cb'] };
    const native = await world.codeClient({ ...loopback, application_type: 'native' });
    const asked = { redirect_uri: 'http://127.0.0.1:49152/cb' };
    const login = await new Browser(world).go(authorizationUrl(native, newVerifier(), asked));
    expect(login.text).toContain('name="password"');
    for (const redirect_uri of [
      'http://127.0.0.1:49152/cb2',
      'http://127.0.0.2:49152/cb',
      'http://localhost:49152/cb',
    ]) {
      const page = await new Browser(world).go(authorizationUrl(native, newVerifier(), { redirect_uri }));
      expect(page.status).toBe(400);
    }
    const web = await world.codeClient({ ...loopback, application_type: 'web' });
    expect((await new Browser(world).go(authorizationUrl(web, newVerifier(), asked))).status).toBe(400);
  });
});

describe('an authorization response', () => {
  it('names its issuer, a refusal too, so that none is taken for another’s', async () => {
    const { page } = await codeFor(world, client);
    expect(page.url.searchParams.get('iss')).toBe(world.issuer);
    const browser = new Browser(world);
    const refused = await browser.submit(await browser.go(authorizationUrl(client, newVerifier())), 'abort');
    expect(Object.fromEntries(refused.url.searchParams)).toMatchObject({ error: 'access_denied', iss: world.issuer });
  });

  it.each([
    [{ response_mode: 'form_post' }, 'unsupported_response_mode'],
    [{ response_mode: 'web_message' }, 'unsupported_response_mode'],
    [{ response_mode: 'query.jwt' }, 'unsupported_response_mode'],
    [{ response_mode: 'fragment' }, 'invalid_request'],
    [{ response_type: 'token' }, 'invalid_request'],
    [{ response_type: 'code id_token' }, 'invalid_request'],
    [{ response_type: 'token', response_mode: 'form_post' }, 'unsupported_response_mode'],
  ])('for %o is a refusal in a query: no code, no token, no page and no script', async (asked, error) => {
    const page = await new Browser(world).go(authorizationUrl(client, newVerifier(), asked));
    expect(page.url.href.startsWith(`${REDIRECT}?`)).toBe(true);
    expect(page.url.searchParams.get('error')).toBe(error);
    expect([page.url.searchParams.get('code'), page.url.hash, page.text]).toEqual([null, '', '']);
  });

  it('is told of in discovery as it is', async () => {
    for (const path of ['openid-configuration', 'oauth-authorization-server']) {
      const { body } = await world.send({ method: 'GET', url: `/.well-known/${path}`, headers: {} });
      expect(JSON.parse(body)).toMatchObject({
        response_types_supported: ['code'],
        response_modes_supported: ['query'],
      });
    }
  });
});

describe('consent', () => {
  it('narrows by what is unticked, in the token and at the client', async () => {
    const tokens = await tokensFor(world, client, { ticked: ['openid', 'model:list'] });
    expect(decodeJwt(tokens.access_token)['scope']).toBe('model:list');
    expect(tokens.refresh_token).toBeUndefined();
  });

  it('with nothing ticked is a refusal', async () => {
    const { page } = await codeFor(world, client, { ticked: [] });
    expect(page.url.searchParams.get('error')).toBe('access_denied');
  });

  it('carries authorization_details into the token, and refuses what is none of ours', async () => {
    const detail = { type: 'gatehouse', actions: ['model:invoke'], resources: ['model:local/*'] };
    const asked = { scope: 'openid', authorization_details: JSON.stringify([detail]) };
    const tokens = await tokensFor(world, client, { asked });
    expect(decodeJwt(tokens.access_token)['authorization_details']).toEqual([detail]);
    for (const wrong of [
      { ...detail, type: 'payment' },
      { type: 'gatehouse', actions: ['model:fly'], resources: ['model:*/*'] },
      { type: 'gatehouse', actions: ['model:invoke'] },
      { ...detail, effect: 'allow' },
    ]) {
      const refused = { authorization_details: JSON.stringify([wrong]) };
      const page = await new Browser(world).go(authorizationUrl(client, newVerifier(), refused));
      expect(page.url.searchParams.get('error')).toBe('invalid_authorization_details');
    }
  });

  it('of a scope that the client was not registered with is never offered', async () => {
    const { page } = await codeFor(world, client, { asked: { scope: `${SCOPE} policy:apply key:create` } });
    expect(page.url.searchParams.get('code')).toBeTruthy();
    const browser = new Browser(world);
    const asked = { scope: 'openid policy:apply model:list' };
    const shown = await browser.go(authorizationUrl(client, newVerifier(), asked));
    const fields = { email: 'ada@acme.example', password: world.password };
    expect((await browser.submit(shown, 'login', fields)).text).not.toContain('policy:apply');
  });
});

describe('the login page', () => {
  const open = async () => {
    const browser = new Browser(world);
    return { browser, page: await browser.go(authorizationUrl(client, newVerifier())) };
  };

  it('needs no script, and lets nothing in or out', async () => {
    const { page } = await open();
    expect(page.text).not.toMatch(/<script|javascript:|onclick/i);
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("form-action 'self' https://app.example");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(page.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'same-origin' });
  });

  it('tells a wrong password, a user that nobody is, one of another tenant and a suspended one the same', async () => {
    const tom = await world.identity.person('acme', 'tom@acme.example');
    await world.identity.ask(tom.key, 'PUT /v1/me/password', { new_password: world.password });
    await world.ada(`POST /v1/users/${tom.id}/suspend`, {});
    const tries = [
      ['con@acme.example', 'wrong wrong wrong'],
      ['nobody@acme.example', world.password],
      ['gil@globex.example', world.password],
      ['tom@acme.example', world.password],
    ];
    const seen = new Set<string>();
    for (const [email = '', password = ''] of tries) {
      const { browser, page } = await open();
      const answer = await browser.submit(page, 'login', { email, password });
      const plain = answer.text.replaceAll(email, '').replace(/value="[\w-]{43}"|interaction\/[\w-]+/g, '');
      seen.add(`${answer.status} ${plain}`);
    }
    expect(seen.size).toBe(1);
    expect([...seen][0]).toMatch(/^401 /);
  });

  it('pauses after a number of wrong tries, whether or not there is such a user, and records each', async () => {
    const statuses = async (email: string) => {
      const seen: number[] = [];
      for (let i = 0; i < FREE_ATTEMPTS + 1; i += 1) {
        const { browser, page } = await open();
        seen.push((await browser.submit(page, 'login', { email, password: 'wrong wrong wrong' })).status);
      }
      return seen;
    };
    const pat = await world.identity.person('acme', 'pat@acme.example');
    await world.identity.ask(pat.key, 'PUT /v1/me/password', { new_password: world.password });
    const expected = [...Array.from({ length: FREE_ATTEMPTS }, () => 401), 429];
    expect(await statuses('pat@acme.example')).toEqual(expected);
    expect(await statuses('ghost@acme.example')).toEqual(expected);
    const reasons = world.identity.records.map(({ reason }) => reason);
    expect(reasons).toContain('login_failed');
    expect(reasons).toContain('login_throttled');
  });

  it('takes no form that it did not make for this browser, nor one that another site sends', async () => {
    const { browser, page } = await open();
    const { page: others } = await open();
    const csrf = /name="csrf" value="([\w-]+)"/.exec(others.text)?.[1] ?? '';
    const fields = { email: 'ada@acme.example', password: world.password };
    expect((await browser.go(`${page.url.pathname}/login`, { csrf, ...fields })).status).toBe(400);
    expect((await browser.go(`${page.url.pathname}/login`, { csrf: '', ...fields })).status).toBe(400);
    const own = /name="csrf" value="([\w-]+)"/.exec(page.text)?.[1] ?? '';
    const headers = { origin: 'https://evil.example' };
    expect((await browser.go(`${page.url.pathname}/login`, { csrf: own, ...fields }, headers)).status).toBe(400);
    // With the right form, but in a browser without the cookie.
    const stranger = new Browser(world);
    expect((await stranger.go(`${page.url.pathname}/login`, { csrf: own, ...fields })).status).toBe(400);
  });

  it('sends nobody to where a header or a parameter says', async () => {
    const { browser, page } = await open();
    const csrf = /name="csrf" value="([\w-]+)"/.exec(page.text)?.[1] ?? '';
    const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'ftp' };
    const fields = { csrf, email: 'ada@acme.example', password: world.password };
    const next = await browser.go(`${page.url.pathname}/login`, fields, headers);
    expect(next.url.origin).toBe(world.issuer);
  });

  it('sets cookies that no script reads and no other site sends', async () => {
    const { browser } = await open();
    expect(browser.setCookies.length).toBeGreaterThan(0);
    for (const cookie of browser.setCookies) expect(cookie).toMatch(/httponly/i);
    for (const cookie of browser.setCookies) expect(cookie).toMatch(/samesite=lax/i);
  });
});

describe('what is kept', () => {
  it('is in no table, event, topic or record in a form that can be presented', async () => {
    const names = await world.identity.rows<{ name: string }>(
      `select table_name as name from information_schema.tables where table_schema = current_schema()`,
    );
    expect(names.map(({ name }) => name)).toContain('oauth_artifacts_v1');
    const tables = await Promise.all(
      names.map(async ({ name }) => JSON.stringify(await world.identity.rows(`select * from "${name}"`))),
    );
    const topics = ['identity.state.v1', 'identity.events.v1'].map((topic) => world.identity.topicText(topic));
    const text = [...tables, ...topics, JSON.stringify(world.identity.records)].join('\n');
    expect(world.secrets.size).toBeGreaterThan(20);
    const found = [...world.secrets].filter((secret) => text.includes(secret));
    expect(found).toEqual([]);
  });
});
