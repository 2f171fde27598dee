import { exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Authenticated } from '../authentication/caller.js';
import { ada, NOW_MS } from '../identity/identity.fixture.js';
import { INVALID_TOKEN } from './jwt.strategy.js';
import { populated, send, service } from './service.fixture.js';
import { ThingsController } from './things.fixture.js';
import { TokenIssuers, type TrustedIssuer } from './token-issuers.js';

const ISSUER = 'https://identity.gatehouse.example';
const AUDIENCE = 'gatehouse-admin';
const ours = await generateKeyPair('ES256', { extractable: true });
const theirs = await generateKeyPair('ES256', { extractable: true });
const publicKey = await exportSPKI(ours.publicKey);
const caller: Authenticated = {
  ok: true,
  tenantId: 'acme',
  principalId: ada.id,
  principalKind: 'user',
  operator: false,
  keyId: '',
  keyKind: 'pat',
  authMethod: 'jwt',
  principal: { id: ada.id, kind: 'user', tenant: 'acme', teams: [], groups: [], labels: {} },
  restrictions: undefined,
  keyLabels: {},
  issuedAtMs: NOW_MS,
};
const revoked = new Set<unknown>();
const issuer: TrustedIssuer = {
  issuer: ISSUER,
  audience: AUDIENCE,
  algorithm: 'ES256',
  keyOf: (keyId) => (keyId === 'k1' ? publicKey : undefined),
  callerOf: ({ sub, jti }) =>
    sub === ada.id && !revoked.has(jti) ? caller : { ...INVALID_TOKEN, reason: 'token_revoked' },
};
class OneIssuer extends TokenIssuers {
  override find(name: string): TrustedIssuer | undefined {
    return name === ISSUER ? issuer : undefined;
  }
}

type Make = { header?: object; claims?: object; key?: CryptoKey; expires?: string | null };
async function token({ header = {}, claims = {}, key = ours.privateKey, expires = '5m' }: Make = {}): Promise<string> {
  const jwt = new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: ada.id, jti: 't1', ...claims });
  jwt.setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'k1', ...header });
  if (expires !== null) jwt.setExpirationTime(expires);
  return jwt.sign(key);
}

let running: Awaited<ReturnType<typeof service>>;
beforeAll(async () => {
  running = await service([ThingsController], { issuers: new OneIssuer() });
  await populated(running);
});
afterAll(() => running.close());
const ask = (text: string) => send(running.app, { text }, 'GET /v1/things/key1');

it('takes a token of a trusted issuer for whom it names, and asks the issuer each time', async () => {
  const text = await token();
  expect(await ask(text)).toMatchObject({ status: 200 });
  expect(running.records.at(-1)).toMatchObject({ auth_method: 'jwt', principal_id: ada.id, outcome: 'allow' });
  revoked.add('t1');
  expect(await ask(text)).toMatchObject({ status: 401, json: { code: 'invalid_token' } });
  expect(running.records.at(-1)).toMatchObject({ reason: 'token_revoked', outcome: 'deny' });
  revoked.clear();
});

describe('401 invalid_token for', () => {
  const unsigned = (header: object, claims: object) =>
    `${[header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;
  const valid = { iss: ISSUER, aud: AUDIENCE, sub: ada.id, exp: 4_000_000_000 };
  const cases: [string, () => string | Promise<string>][] = [
    ['another issuer', () => token({ claims: { iss: 'https://evil.example' } })],
    ['another audience', () => token({ claims: { aud: 'somebody-else' } })],
    ['several audiences', () => token({ claims: { aud: [AUDIENCE, 'somebody-else'] } })],
    ['another key', () => token({ key: theirs.privateKey })],
    ['a key id that the issuer does not have', () => token({ header: { kid: 'k2' } })],
    ['another type', () => token({ header: { typ: 'JWT' } })],
    ['no type', () => token({ header: { typ: undefined } })],
    ['a critical extension', () => unsigned({ alg: 'ES256', typ: 'at+jwt', kid: 'k1', crit: ['exp'] }, valid)],
    ['no signature', () => unsigned({ alg: 'none', typ: 'at+jwt', kid: 'k1' }, valid)],
    ['one past its end', () => token({ expires: '-1s' })],
    ['one without an end', () => token({ expires: null })],
    ['one that is too long', () => token({ claims: { padding: 'x'.repeat(9_000) } })],
    ['what is no token', () => 'a.b.c'],
    [
      'the public key as the secret of another algorithm',
      async () => {
        const jwt = new SignJWT(valid).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' });
        return jwt.sign(Buffer.from(publicKey));
      },
    ],
    [
      'a key that the token brings along',
      async () => token({ key: theirs.privateKey, header: { jwk: { kty: 'EC' }, jku: 'https://evil.example/jwks' } }),
    ],
  ];
  it.each(cases)('%s', async (_, make) => {
    expect(await ask(await make())).toMatchObject({ status: 401, json: { code: 'invalid_token' } });
    expect(running.records.at(-1)).toMatchObject({ reason: 'token_invalid', tenant_id: '' });
  });
});
