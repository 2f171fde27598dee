import { issuerKey } from '#libs/contracts';
import { describe, expect, it } from 'vitest';
import { ada, NOW_MS } from '../identity/identity.fixture.js';
import type { TokenAuthenticator } from './token-authenticator.js';
import {
  answerTo,
  authenticatorOver,
  ci,
  client,
  externalIssuer,
  externalToken,
  NOW_S,
  otherOwnKey,
  ownIssuer,
  ownKey,
  ownToken,
  signed,
  specKey,
  trusting,
} from './token.fixture.js';

describe('a token of ours', () => {
  it('stands for its principal, within its scope, the same object each time', async () => {
    const authenticator = authenticatorOver(trusting());
    const text = await ownToken();
    const who = await authenticator.authenticate(text, NOW_MS);
    expect(who).toMatchObject({
      ok: true,
      tenantId: 'acme',
      principalId: ada.id,
      principalKind: 'user',
      operator: false,
      keyId: '',
      keyKind: 'token',
      authMethod: 'jwt',
      principal: { id: ada.id, teams: ['research'], labels: { clearance: 'high' } },
      scopes: ['model:invoke', 'model:list'],
      details: undefined,
      restrictions: undefined,
      token: { issuerId: 'gatehouse', tokenId: 'token_1', clientId: client.id },
    });
    expect(authenticator.authenticate(text, NOW_MS)).toBe(who);
  });

  it('is as good under each key of its issuer, and with its audience in a list of one', async () => {
    expect(await answerTo(await ownToken({}, { key: otherOwnKey }))).toMatchObject({ ok: true });
    expect(await answerTo(await ownToken({ aud: [ownIssuer.audiences[0]] }))).toMatchObject({ ok: true });
  });

  it('adds nothing by what it claims: teams, roles, groups and operators are those of the records', async () => {
    const claims = { teams: ['admins'], roles: ['admin'], groups: ['root'], operator: true, gh_teams: ['admins'] };
    expect(await answerTo(await ownToken(claims))).toMatchObject({
      ok: true,
      operator: false,
      principalKind: 'user',
      principal: { teams: ['research'], groups: [], labels: { clearance: 'high' } },
    });
  });

  it.each([
    [{ scope: undefined }, { scopes: [], details: undefined }],
    [{ scope: '' }, { scopes: [] }],
    [{ scope: 'model:invoke' }, { scopes: ['model:invoke'] }],
    [
      { scope: undefined, authorization_details: [{ type: 'gatehouse', actions: ['model:list'], resources: ['**'] }] },
      { scopes: undefined, details: { unreadable: false } },
    ],
    [{ authorization_details: [] }, { details: { unreadable: true } }],
    [
      { authorization_details: [{ type: 'payment', actions: ['*'], resources: ['**'] }] },
      { details: { unreadable: true } },
    ],
    [
      { authorization_details: [{ type: 'gatehouse', actions: ['*'], everything: true }] },
      { details: { unreadable: true } },
    ],
  ])('allows no more than it names: %j', async (claims, terms) => {
    expect(await answerTo(await ownToken(claims))).toMatchObject({ ok: true, ...terms });
  });

  it('is over at the very second that it says, seen before or not', async () => {
    const authenticator = authenticatorOver(trusting());
    const text = await ownToken({ exp: NOW_S + 10 });
    const endMs = NOW_MS + 10_000;
    expect(await authenticator.authenticate(text, endMs - 1)).toMatchObject({ ok: true });
    const expired = { ok: false, code: 'invalid_token', reason: 'token_expired' };
    expect(authenticator.authenticate(text, endMs)).toMatchObject({
      ...expired,
      tenantId: 'acme',
      principalId: ada.id,
    });
    expect(authenticatorOver(trusting()).authenticate(text, endMs)).toMatchObject({ ...expired, tenantId: '' });
  });

  it('may come from a clock that is a little ahead', async () => {
    expect(await answerTo(await ownToken({ iat: NOW_S + 10, nbf: NOW_S + 10 }))).toMatchObject({ ok: true });
    expect(await answerTo(await ownToken({ iat: NOW_S + 11 }))).toMatchObject({ reason: 'token_invalid' });
    expect(await answerTo(await ownToken({ nbf: NOW_S + 11 }))).toMatchObject({ reason: 'token_invalid' });
  });
});

it('takes no other type from our own issuer, whatever its record lists', async () => {
  const applier = trusting();
  applier.issuer({ ...ownIssuer, tokenTypes: ['at+jwt', 'jwt'] });
  const answer = await answerTo(await ownToken({}, { header: { typ: 'JWT' } }), applier);
  expect(answer).toMatchObject({ ok: false, reason: 'token_invalid' });
});

describe('an external token', () => {
  it('stands for the virtual account that its claims are mapped to, with the teams that the mapping adds', async () => {
    expect(await answerTo(await externalToken())).toMatchObject({
      ok: true,
      tenantId: 'acme',
      principalId: 'va_ci',
      principalKind: 'virtual-account',
      principal: { name: 'ci', teams: ['builders', 'machines'] },
      scopes: undefined,
      token: { issuerId: 'issuer_ci', tokenId: 'job-7', clientId: '' },
    });
  });

  it('stands for the user whose address it has verified, and for nobody by an address that it has not', async () => {
    const claims = { sub: 'somebody', email: 'ADA@acme.example' };
    const verified = await answerTo(await externalToken({ ...claims, email_verified: true }));
    expect(verified).toMatchObject({ ok: true, principalId: ada.id });
    for (const email_verified of [false, 'true', undefined]) {
      const answer = await answerTo(await externalToken({ ...claims, email_verified }));
      expect(answer).toMatchObject({ ok: false, reason: 'token_invalid' });
    }
  });

  it('stands for nobody by a text that is too long to be matched', async () => {
    const sub = (length: number) => `repo:acme/${'x'.repeat(length - 30)}:ref:refs/heads/main`;
    expect(await answerTo(await externalToken({ sub: sub(512) }))).toMatchObject({ ok: true });
    expect(await answerTo(await externalToken({ sub: sub(513) }))).toMatchObject({
      ok: false,
      reason: 'token_invalid',
    });
  });

  it('stands for whoever has the address now', async () => {
    const applier = trusting();
    const authenticator = authenticatorOver(applier);
    const text = await externalToken({ sub: 'somebody', email: ada.email, email_verified: true });
    expect(await authenticator.authenticate(text, NOW_MS)).toMatchObject({ principalId: ada.id });
    applier.principal({ ...ada, email: 'lovelace@acme.example' });
    expect(authenticator.authenticate(text, NOW_MS)).toMatchObject({ ok: false, reason: 'principal_missing' });
    applier.principal({ ...ada, id: 'user_new' });
    expect(authenticator.authenticate(text, NOW_MS)).toMatchObject({ ok: true, principalId: 'user_new' });
  });

  it('is narrowed by scopes that are actions of ours, and by none of its own', async () => {
    expect(await answerTo(await externalToken({ scope: 'openid model:list' }))).toMatchObject({
      scopes: ['model:list'],
    });
    expect(await answerTo(await externalToken({ scope: 'openid profile' }))).toMatchObject({ scopes: undefined });
  });

  it('needs no type and no key id where its issuer has one key without', async () => {
    const key = await specKey(null, 'EdDSA');
    const applier = trusting();
    applier.issuer({ ...externalIssuer, keys: [key.record] });
    const text = await externalToken({}, { key, header: { typ: undefined } });
    expect(await answerTo(text, applier)).toMatchObject({ ok: true, principalId: 'va_ci' });
    applier.issuer({ ...externalIssuer, keys: [key.record, ownKey.record] });
    expect(await answerTo(text, applier)).toMatchObject({ reason: 'token_invalid' });
  });

  it('speaks for nobody of another tenant, whatever its mapping says', async () => {
    const applier = trusting();
    applier.principal({ ...ci, tenantId: 'globex' });
    applier.tenant({ id: 'globex', status: 'active' });
    expect(await answerTo(await externalToken(), applier)).toMatchObject({ reason: 'token_invalid', tenantId: 'acme' });
  });

  it('is nobody’s where two issuers of one name claim its audience', async () => {
    const applier = trusting();
    applier.issuer({ ...externalIssuer, id: 'issuer_twin', tenantId: 'globex' });
    expect(await answerTo(await externalToken(), applier)).toMatchObject({ reason: 'token_invalid', tenantId: '' });
    applier.issuer({ ...externalIssuer, id: 'issuer_twin', tenantId: 'globex', audiences: ['elsewhere'] });
    expect(await answerTo(await externalToken(), applier)).toMatchObject({ ok: true });
  });
});

it('refuses every token where no issuer is known, and names nobody', async () => {
  const applier = trusting();
  for (const { id } of [ownIssuer, externalIssuer]) applier.put(issuerKey(id), null);
  for (const text of [await ownToken(), await externalToken(), await signed({})]) {
    const expected = { code: 'invalid_token', reason: 'token_invalid', tenantId: '', principalId: '', keyId: '' };
    expect(await answerTo(text, applier)).toMatchObject({ ok: false, ...expected });
  }
});

describe('verifies', () => {
  const manyAtOnce = (authenticator: TokenAuthenticator, texts: readonly string[]) =>
    Promise.all(texts.map((text) => authenticator.authenticate(text, NOW_MS)));

  it('a token once, however often it comes at once', async () => {
    const authenticator = authenticatorOver(trusting(), { verifications: { atOnceMax: 1, waitingMax: 1 } });
    const answers = await manyAtOnce(authenticator, Array.from({ length: 100 }).fill(await ownToken()) as string[]);
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatchObject({ ok: true });
  });

  it('only so many at a time, and says to come again to those beyond', async () => {
    const authenticator = authenticatorOver(trusting(), { verifications: { atOnceMax: 2, waitingMax: 3 } });
    const texts = await Promise.all(Array.from({ length: 9 }, (_, n) => ownToken({ jti: `token_${n + 10}` })));
    const answers = await manyAtOnce(authenticator, texts);
    expect(answers.map(({ ok }) => ok)).toEqual([true, true, true, true, true, false, false, false, false]);
    expect(answers.at(-1)).toMatchObject({ code: 'not_ready', reason: 'not_ready', tenantId: '' });
    expect(await authenticator.authenticate(texts.at(-1) ?? '', NOW_MS)).toMatchObject({ ok: true });
  });

  it('and remembers no more than it may, and nothing that did not hold', async () => {
    const authenticator = authenticatorOver(trusting(), { cache: { entriesMax: 5, charactersMax: 1_000_000 } });
    for (let n = 0; n < 20; n += 1) {
      const text = await ownToken({ jti: `token_${n + 10}` });
      await authenticator.authenticate(text, NOW_MS);
      await authenticator.authenticate(`${text.slice(0, -4)}AAAA`, NOW_MS);
      await authenticator.authenticate(await ownToken({}, { key: await specKey('own-1') }), NOW_MS);
    }
    expect(authenticator.size).toBe(5);
    const light = authenticatorOver(trusting(), { cache: { entriesMax: 5, charactersMax: 1_000 } });
    for (let n = 0; n < 4; n += 1) await light.authenticate(await ownToken({ jti: `token_${n + 10}` }), NOW_MS);
    expect(light.size).toBeLessThan(3);
  });

  it('again what only begins like one that it remembers', async () => {
    const authenticator = authenticatorOver(trusting());
    const text = await ownToken();
    await authenticator.authenticate(text, NOW_MS);
    const [header, claims, signature = ''] = text.split('.');
    const forged = [`${header}.${claims}.${signature.slice(0, -4)}AAAA`, `${text}A`, text.slice(0, -1), `${text}.`];
    for (const each of forged) {
      expect(await authenticator.authenticate(each, NOW_MS)).toMatchObject({ ok: false, reason: 'token_invalid' });
    }
  });
});
