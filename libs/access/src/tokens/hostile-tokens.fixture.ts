import { CompactEncrypt, exportSPKI, generateKeyPair } from 'jose';
import { createHmac, createPublicKey } from 'node:crypto';
import { hostileClaims, type HostileToken } from './hostile-claims.fixture.js';
import {
  assembled,
  externalToken,
  foreignKey,
  otherOwnKey,
  ownClaims,
  ownKey,
  ownToken,
  signed,
  signedAnyway,
  specKey,
} from './token.fixture.js';

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
    'another algorithm of the same key, with a signature that holds',
    () => signedAnyway({ ...header, alg: 'PS256', kid: 'own-2' }, ownClaims, otherOwnKey, true),
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

/** Headers that no library would write, with signatures that hold. */
const signedHeaders: HostileToken[] = [
  ['a critical extension that nobody knows', { crit: ['gh'], gh: 1 }],
  ['a critical list that is empty', { crit: [] }],
  ['a critical list that is none', { crit: 'exp' }],
  ['an encoded payload that says so (b64)', { b64: true }],
  ['an encoded payload that says that it is none', { b64: false }],
  ['an algorithm in lower case', { alg: 'es256' }],
  ['an algorithm in a list', { alg: ['ES256'] }],
  ['no algorithm', { alg: undefined }],
  ['a type in a list', { typ: ['at+jwt'] }],
  ['a type with a parameter', { typ: 'at+jwt; a=b' }],
].map(([what, change]): HostileToken => [
  `${String(what)}, signed`,
  () => signedAnyway({ ...header, ...(change as object) }, ownClaims, ownKey),
]);

const forms: HostileToken[] = [
  [
    'bytes that are no UTF-8',
    () => {
      const bytes = Buffer.from(JSON.stringify({ ...ownClaims, jti: '~' }));
      bytes[bytes.indexOf('~')] = 0xff;
      return signedAnyway(header, bytes, ownKey);
    },
  ],
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

/** All of them are refused with 401 `invalid_token`, by every guard, alike. */
export const hostileTokens: readonly HostileToken[] = [
  ...algorithms,
  ...keys,
  ...headers,
  ...signedHeaders,
  ...forms,
  ...hostileClaims,
];
