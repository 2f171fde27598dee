import { CompactEncrypt, exportSPKI, generateKeyPair } from 'jose';
import { createHmac, createPublicKey } from 'node:crypto';
import { ada } from '../identity/identity.fixture.js';
import {
  assembled,
  ci,
  externalIssuer,
  externalToken,
  foreignKey,
  NOW_S,
  otherOwnKey,
  ownClaims,
  ownToken,
  RESOURCE,
  signed,
  specKey,
} from './token.fixture.js';

/** What somebody tries, and the token that they try it with. `canary`: a URL of theirs that must never be asked. */
export type HostileToken = readonly [what: string, make: (canary: string) => string | Promise<string>];

const header = { alg: 'ES256', typ: 'at+jwt', kid: 'own-1' };
const attackersKey = await specKey('own-1');
const publicPem = await exportSPKI(otherOwnKey.publicKey);
const publicDer = createPublicKey(publicPem).export({ type: 'spki', format: 'der' });

/** With the public key as the secret of a MAC, as verifiers that let the header choose would check it. */
function macOf(secret: string | Buffer, alg: string): string {
  const input = assembled({ alg, typ: 'at+jwt', kid: 'own-2' }, ownClaims).slice(0, -1);
  const mac = createHmac(`sha${alg.slice(2)}`, secret)
    .update(input)
    .digest('base64url');
  return `${input}.${mac}`;
}

async function encrypted(): Promise<string> {
  const { publicKey } = await generateKeyPair('RSA-OAEP-256');
  const jwe = new CompactEncrypt(Buffer.from(JSON.stringify(ownClaims)));
  return jwe
    .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', typ: 'at+jwt', kid: 'own-1' })
    .encrypt(publicKey);
}

const parts = async () => (await ownToken()).split('.') as [string, string, string];
type Members = Readonly<Record<string, unknown>>;
const withHeader = (change: Members) => ownToken({}, { header: change });
const forged = (change: Members) => ownToken({}, { key: attackersKey, header: change });

const algorithms: HostileToken[] = [
  ...['none', 'None', 'NONE', 'nOnE', ''].map((alg): HostileToken => {
    return [`an unsigned token, alg '${alg}'`, () => assembled({ ...header, alg }, ownClaims)];
  }),
  [
    'an unsigned token with somebody’s signature',
    async () => assembled({ ...header, alg: 'none' }, ownClaims, (await parts())[2]),
  ],
  ['no alg at all', async () => assembled({ typ: 'at+jwt', kid: 'own-1' }, ownClaims, (await parts())[2])],
  ['the public key (PEM) as the secret of HS256', () => macOf(publicPem, 'HS256')],
  ['the public key (PEM, trimmed) as the secret of HS512', () => macOf(publicPem.trim(), 'HS512')],
  ['the public key (DER) as the secret of HS256', () => macOf(publicDer, 'HS256')],
  ['the public key (JWK) as the secret of HS256', () => macOf(JSON.stringify(otherOwnKey.record.jwk), 'HS256')],
  [
    'the algorithm of another key of the issuer',
    async () => assembled({ ...header, alg: 'RS256' }, ownClaims, (await parts())[2]),
  ],
  [
    'another algorithm of the same kind of key',
    async () => {
      const signature = (await ownToken({}, { key: otherOwnKey })).split('.')[2];
      return assembled({ ...header, alg: 'PS256', kid: 'own-2' }, ownClaims, signature);
    },
  ],
  ['the algorithm in lower case', async () => assembled({ ...header, alg: 'es256' }, ownClaims, (await parts())[2])],
  ['alg as a list', async () => assembled({ ...header, alg: ['ES256'] }, ownClaims, (await parts())[2])],
];

const kids: [string, unknown][] = [
  ['a path', '../../../../dev/null'],
  ['SQL', "x' UNION SELECT 'key'--"],
  ['a command', '|/bin/true'],
  ['a number', 1],
  ['null', null],
  ['a list', ['own-1']],
  ['an object', { kid: 'own-1' }],
  ['__proto__', '__proto__'],
  ['constructor', 'constructor'],
  ['5 KB', 'own-1'.repeat(1_000)],
  ['nothing', ''],
  ['another case', 'OWN-1'],
  ['a NUL at its end', 'own-1\u0000'],
  ['the id of another issuer’s key', 'theirs-1'],
];
const keys: HostileToken[] = [
  ...kids.map(([what, kid]): HostileToken => [`a kid that is ${what}`, () => forged({ kid })]),
  ...kids.map(([what, kid]): HostileToken => [
    `our own signature under a kid that is ${what}`,
    () => withHeader({ kid }),
  ]),
  ['no kid', () => withHeader({ kid: undefined })],
  ['a key of their own under our kid', () => forged({})],
  ['their key, embedded (jwk)', () => forged({ jwk: attackersKey.record.jwk })],
  [
    'their key, embedded (jwk), under their own kid',
    () => forged({ kid: 'mine', jwk: { ...attackersKey.record.jwk, kid: 'mine' } }),
  ],
  ['their keys at a URL (jku)', (canary) => forged({ jku: `${canary}/jwks` })],
  ['their certificate at a URL (x5u)', (canary) => forged({ x5u: `${canary}/cert` })],
  ['their keys at a URL in the kid', (canary) => forged({ kid: `${canary}/key` })],
  ['their certificate (x5c)', () => forged({ x5c: [publicDer.toString('base64')] })],
  [
    'our issuer, signed with a key of an issuer that is trusted too',
    () => signed(ownClaims, { key: foreignKey, header: { kid: 'theirs-1' } }),
  ],
  [
    'our issuer, signed with such a key under our kid',
    () => signed(ownClaims, { key: foreignKey, header: { kid: 'own-2', alg: 'RS256' } }),
  ],
  [
    'another issuer’s name, signed with our key',
    () => externalToken({}, { key: otherOwnKey, header: { kid: 'own-2' } }),
  ],
];

const headers: HostileToken[] = [
  [
    'an unknown critical extension',
    async () => assembled({ ...header, crit: ['gh'], gh: 1 }, ownClaims, (await parts())[2]),
  ],
  ['an empty list of critical extensions', () => assembled({ ...header, crit: [] }, ownClaims, 'AAAA')],
  ['an unencoded payload (b64)', () => withHeader({ b64: true, crit: ['b64'] })],
  [
    'an unencoded payload that is not critical',
    async () => assembled({ ...header, b64: false }, ownClaims, (await parts())[2]),
  ],
  ['an ID token', () => withHeader({ typ: 'JWT' })],
  ['a logout token', () => withHeader({ typ: 'logout+jwt' })],
  ['a refresh token’s type', () => withHeader({ typ: 'refresh+jwt' })],
  ['a request object', () => withHeader({ typ: 'oauth-authz-req+jwt' })],
  ['no type', () => withHeader({ typ: undefined })],
  ['typ as a list', async () => assembled({ ...header, typ: ['at+jwt'] }, ownClaims, (await parts())[2])],
  ['an access token’s type at an issuer that gives none', () => externalToken({}, { header: { typ: 'at+jwt' } })],
];

const forms: HostileToken[] = [
  ['a signature that is left out', async () => (await parts()).slice(0, 2).join('.')],
  ['an empty signature', async () => [...(await parts()).slice(0, 2), ''].join('.')],
  ['a signature that is cut', async () => (await ownToken()).slice(0, -4)],
  ['a signature that goes on', async () => `${await ownToken()}AAAA`],
  ['a signature of zeros', () => assembled(header, ownClaims, Buffer.alloc(64).toString('base64url'))],
  ['padding', async () => `${await ownToken()}==`],
  [
    'padding in the middle',
    async () => {
      const [a, b, c] = await parts();
      return `${a}=.${b}.${c}`;
    },
  ],
  [
    'a blank in the middle',
    async () => {
      const [a, b, c] = await parts();
      return `${a}.${b}. ${c}`;
    },
  ],
  [
    'the alphabet of plain base64',
    async () => {
      const [a, b] = await parts();
      return `${a}.${b}.${'+/'.repeat(43)}`;
    },
  ],
  [
    'bits that no byte holds',
    async () => {
      const [a, b, c] = await parts();
      const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      return `${a}.${b}.${c.slice(0, -1)}${last[last.indexOf(c.slice(-1)) + 1] ?? 'B'}`;
    },
  ],
  ['a fourth part', async () => `${await ownToken()}.${(await parts())[2]}`],
  ['two tokens', async () => `${await ownToken()},${await ownToken()}`],
  [
    'JSON serialisation',
    async () => {
      const [a, b, c] = await parts();
      return JSON.stringify({ protected: a, payload: b, signature: c });
    },
  ],
  ['an encrypted token', encrypted],
  ['nothing but dots', () => '..'],
  ['what is no JSON', () => assembled('{', '{')],
  ['a list for a header', () => assembled([header], ownClaims, 'AAAA')],
  ['a list for claims', () => signed([ownClaims])],
  ['a text for claims', () => signed('"claims"')],
  ['a byte order mark', () => signed(`\ufeff${JSON.stringify(ownClaims)}`)],
  ['more than 8 KiB', () => ownToken({ padding: 'x'.repeat(6_200) })],
  ['a claim twice', () => signed(JSON.stringify(ownClaims).replace('{', '{"sub":"user_eve",'))],
  [
    'a claim twice, spelt differently',
    () => signed(JSON.stringify(ownClaims).replace('{', String.raw`{"s\u0075b":"user_eve",`)),
  ],
  [
    'a claim twice, deep inside',
    () => signed(JSON.stringify({ ...ownClaims, act: {} }).replace('{}', '{"sub":"a","sub":"b"}')),
  ],
  [
    'a header member twice',
    async () => {
      const twice = JSON.stringify(header).replace('{', '{"alg":"none",');
      return assembled(twice, ownClaims, (await parts())[2]);
    },
  ],
];

const claims: HostileToken[] = [
  ...(
    [
      ['exp as a text', { exp: String(NOW_S + 60) }],
      ['exp as a fraction', { exp: NOW_S + 60.5 }],
      ['exp as far away as can be written', { exp: 1e99 }],
      ['exp before time began', { exp: -1 }],
      ['exp as null', { exp: null }],
      ['exp as a list', { exp: [NOW_S + 60] }],
      ['no exp', { exp: undefined }],
      ['no iat', { iat: undefined }],
      ['iat as a text', { iat: String(NOW_S) }],
      ['an iat to come', { iat: NOW_S + 3_000, exp: NOW_S + 3_600 }],
      ['an exp before iat', { iat: NOW_S, exp: NOW_S }],
      ['an nbf to come', { nbf: NOW_S + 600 }],
      ['an nbf that is no number', { nbf: 'now' }],
      ['a longer life than ours have', { exp: NOW_S + 3_600 }],
      ['a life of years', { exp: NOW_S + 1e8 }],
      ['another service’s audience', { aud: 'https://identity.gatehouse.example' }],
      ['somebody else’s audience', { aud: 'https://evil.example' }],
      ['our audience among others', { aud: [RESOURCE, 'https://evil.example'] }],
      ['our audience twice', { aud: [RESOURCE, RESOURCE] }],
      ['no audience', { aud: undefined }],
      ['an empty list of audiences', { aud: [] }],
      ['our audience with a slash', { aud: `${RESOURCE}/` }],
      ['our audience in another case', { aud: RESOURCE.toUpperCase() }],
      ['another tenant', { tenant: 'globex' }],
      ['no tenant', { tenant: undefined }],
      ['another issuer', { iss: 'https://evil.example' }],
      ['our issuer with a slash', { iss: `${ownClaims.iss}/` }],
      ['our issuer as a list', { iss: [ownClaims.iss] }],
      ['no issuer', { iss: undefined }],
      ['an issuer named like a member of every object', { iss: '__proto__' }],
      ['no client', { client_id: undefined }],
      ['a client that nobody knows', { client_id: 'client_evil' }],
      ['nobody', { sub: undefined }],
      ['a principal that nobody knows', { sub: 'user_eve' }],
      ['a principal by address', { sub: ada.email }],
      ['a virtual account that the client is not bound to', { sub: ci.id }],
      ['no epoch', { gh_epoch: undefined }],
      ['an epoch that was', { gh_epoch: 0 }],
      ['an epoch as a text', { gh_epoch: '1' }],
      ['no grant', { gh_grant: undefined }],
      ['a scope as a list', { scope: ['model:invoke'] }],
      ['details as an object', { authorization_details: { type: 'gatehouse' } }],
    ] as [string, object][]
  ).map(([what, change]): HostileToken => [what, () => ownToken(change)]),
  ['an external token with our audience', () => externalToken({ aud: RESOURCE })],
  ['an external token with another audience of its issuer', () => externalToken({ aud: 'https://acme.example/other' })],
  ['an external token that lives longer than its issuer may say', () => externalToken({ exp: NOW_S + 541 })],
  ['an external token without an end', () => externalToken({ exp: undefined })],
  [
    'an external token of a branch that is not mapped',
    () => externalToken({ sub: 'repo:acme/site:ref:refs/heads/evil' }),
  ],
  [
    'an external token of a repository that is not mapped',
    () => externalToken({ sub: 'repo:acme/a/b:ref:refs/heads/main' }),
  ],
  [
    'an external token with our own claims',
    () => externalToken({ ...ownClaims, iss: externalIssuer.issuer, aud: externalIssuer.audiences[0], sub: ada.id }),
  ],
];

/** All of them are refused with 401 `invalid_token`, by every guard, alike. */
export const hostileTokens: readonly HostileToken[] = [...algorithms, ...keys, ...headers, ...forms, ...claims];
