import { clientKey, issuerKey, principalKey, revocationKey } from '#libs/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { chat, client as openai, codeOf, gateway, gatewayUrl, post, type Gateway } from './pipeline.fixture.js';
import { client, issuer, token, trustTokens } from './token.fixture.js';

const metadata = `Bearer resource_metadata="${gatewayUrl}/.well-known/oauth-protected-resource"`;
let running: Gateway;
beforeEach(async () => {
  running = await gateway();
  trustTokens(running);
});
const call = (text: string, headers: Record<string, string> = {}) =>
  post(running, chat, { authorization: `Bearer ${text}`, ...headers });
const lastRecord = () => running.spool.records.at(-1);

describe('a call with a token', () => {
  it('is served, at first sight and after, and each decision says which token it was', async () => {
    const text = await token();
    for (let n = 0; n < 2; n += 1) {
      const answer = await openai(running, text).chat.completions.create(chat);
      expect(answer.choices[0]?.message.content).toBe('hello');
    }
    const decided = running.spool.records.filter(({ type }) => type === 'access.decided');
    expect(decided).toHaveLength(2);
    for (const record of decided) {
      expect(record).toMatchObject({
        tenant_id: 'acme',
        principal_id: 'user_dev',
        auth_method: 'jwt',
        key_id: '',
        attributes: {
          'credential.kind': 'token',
          'credential.client': client.id,
          'credential.token': 'token_1',
          'credential.issuer': 'gatehouse',
          'credential.scope': 'model:invoke model:list',
        },
      });
      expect(JSON.stringify(record)).not.toContain(text.slice(-40));
    }
  });

  it.each(['x-api-key', 'api-key'])('may carry it in %s, as a key', async (name) => {
    const answer = await post(running, chat, { authorization: '', [name]: await token() });
    expect(answer.status).toBe(200);
  });

  it('that carries a key too is refused, whichever of them is good', async () => {
    expect(await codeOf(await call(await token(), { 'x-api-key': running.keys.dev }))).toBe(
      '400 ambiguous_credentials',
    );
    expect(await codeOf(await call(await token(), { 'x-api-key': await token({ jti: 'token_2' }) }))).toBe(
      '400 ambiguous_credentials',
    );
  });

  it('reaches what its owner reaches and its scope names, and says what it lacks', async () => {
    const listing = await fetch(`${running.url}/v1/models`, { headers: { 'api-key': await token() } });
    expect(((await listing.json()) as { data: { id: string }[] }).data.map(({ id }) => id)).toEqual([
      'main/embed',
      'main/gpt',
    ]);
    const narrow = await call(await token({ scope: 'model:list' }));
    expect(narrow.headers.get('www-authenticate')).toBe(
      `${metadata}, error="insufficient_scope", scope="model:invoke"`,
    );
    expect(await codeOf(narrow)).toBe('403 insufficient_scope');
    expect(await codeOf(await call(await token({ scope: undefined })))).toBe('403 insufficient_scope');
    const other = { authorization: `Bearer ${await token()}` };
    expect(await codeOf(await post(running, { ...chat, model: 'main/secret' }, other))).toBe('403 model_not_allowed');
    const foreign = await call(await token({ sub: 'user_nobody' }));
    expect(await codeOf(foreign)).toBe('403 model_not_allowed');
  });

  it('is narrowed by its authorization details', async () => {
    const details = (resource: string) => [{ type: 'gatehouse', actions: ['model:invoke'], resources: [resource] }];
    const allowed = await call(await token({ scope: undefined, authorization_details: details('model:main/gpt') }));
    expect(allowed.status).toBe(200);
    const denied = await call(await token({ authorization_details: details('model:main/embed') }));
    expect(await codeOf(denied)).toBe('403 model_not_allowed');
    expect(lastRecord()).toMatchObject({
      reason: 'credential_restriction',
      attributes: { 'credential.detailed': 'true' },
    });
  });
});

describe('401 invalid_token, with the way to a better one,', () => {
  it.each([
    ['for a text that is none', () => 'a.b.c'],
    ['for another audience', () => token({ aud: 'https://identity.example' })],
    ['for another tenant', () => token({ tenant: 'gone' })],
    ['for one that is over', () => token({ iat: 1_700_000_000, exp: 1_700_000_900 })],
  ])('%s', async (_, make) => {
    const answer = await call(await make());
    expect(answer.headers.get('www-authenticate')).toBe(`${metadata}, error="invalid_token"`);
    expect(await codeOf(answer)).toBe('401 invalid_token');
    expect(running.upstreamRequests).toEqual([]);
  });

  it.each([
    ['its client', 'client_disabled', () => running.put(clientKey(client.id), { ...client, status: 'disabled' })],
    ['its issuer', 'issuer_disabled', () => running.put(issuerKey(issuer.id), { ...issuer, status: 'disabled' })],
    ['its grant', 'token_revoked', () => running.put(revocationKey('grant', 'grant_1'), 'unreadable' as never)],
    ['its principal', 'principal_missing', () => running.put(principalKey('user_dev'), {})],
  ])('from the moment that %s is ended, and its record says whose it was', async (_, reason, end) => {
    const text = await token();
    expect((await call(text)).status).toBe(200);
    end();
    expect(await codeOf(await call(text))).toBe('401 invalid_token');
    const known = { tenant_id: 'acme', auth_method: 'jwt', attributes: { 'credential.token': 'token_1' } };
    expect(lastRecord()).toMatchObject({ reason, ...known });
  });

  it('where no issuer is known at all', async () => {
    running = await gateway();
    expect(await codeOf(await call(await token()))).toBe('401 invalid_token');
  });
});

it('takes the longest token that there may be, and not what goes on after it', async () => {
  // Not every length can be had by claims alone: four characters hold three bytes.
  const padded = (claims: number, header: number) =>
    token({ roles: ['x'.repeat(claims)] }, { padding: 'x'.repeat(header) });
  const spare = Math.floor(((8_192 - (await padded(0, 0)).length) * 3) / 4);
  const sizes = [0, 1, 2].flatMap((header) => [-4, -3, -2, -1, 0, 1].map((more) => [spare + more, header] as const));
  const texts = await Promise.all(sizes.map(([claims, header]) => padded(claims, header)));
  const longest = texts.find(({ length }) => length === 8_192) ?? '';
  expect(longest).toHaveLength(8_192);
  expect((await call(longest)).status).toBe(200);
  expect(await codeOf(await call(`${longest}A`))).toBe('401 invalid_token');
});

it('points whoever brings nothing to where credentials are given, without an error', async () => {
  const answer = await post(running, chat, { authorization: '' });
  expect(answer.headers.get('www-authenticate')).toBe(metadata);
  expect(await codeOf(answer)).toBe('401 missing_credentials');
});

it('serves a hundred calls with one new token at once', async () => {
  const text = await token();
  const answers = await Promise.all(Array.from({ length: 100 }, () => call(text)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
});
