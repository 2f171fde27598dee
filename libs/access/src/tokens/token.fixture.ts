import {
  OWN_ISSUER_ID,
  type AccessTokenClaims,
  type ClientRecord,
  type IssuerKey,
  type IssuerRecord,
  type TokenAlgorithm,
} from '#libs/contracts';
import { CompactSign, exportJWK, generateKeyPair, type CryptoKey } from 'jose';
import { constants, KeyObject, sign, type webcrypto } from 'node:crypto';
import type { Authenticated, Unauthenticated } from '../authentication/caller.js';
import { acme, ada, Applier, noPolicy, NOW_MS } from '../identity/identity.fixture.js';
import { TokenAuthenticator, type TokenAuthenticatorOptions } from './token-authenticator.js';

export const OWN_ISSUER = 'https://identity.gatehouse.example';
export const RESOURCE = 'https://gateway.gatehouse.example';
/** Seconds. */
export const NOW_S = NOW_MS / 1_000;

/** A pair of keys, and its public half as an issuer's record has it. */
export type SpecKey = { readonly privateKey: CryptoKey; readonly publicKey: CryptoKey; readonly record: IssuerKey };

/** A new pair of keys. */
export async function specKey(kid: string | null, algorithm: TokenAlgorithm = 'ES256'): Promise<SpecKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  return { privateKey, publicKey, record: { kid, algorithm, jwk: { ...(await exportJWK(publicKey)) } } };
}

export const ownKey = await specKey('own-1');
export const otherOwnKey = await specKey('own-2', 'RS256');
export const foreignKey = await specKey('theirs-1', 'RS256');

export const ownIssuer: IssuerRecord = {
  id: OWN_ISSUER_ID,
  tenantId: 'platform',
  status: 'active',
  issuer: OWN_ISSUER,
  audiences: [RESOURCE, OWN_ISSUER],
  tokenTypes: ['at+jwt'],
  keys: [ownKey.record, otherOwnKey.record],
  keysUntil: null,
  lifetimeSecondsMax: 3_600,
  notBefore: null,
  mappings: [],
};

/** Who ada has told to act for her. */
export const client: ClientRecord = {
  id: 'client_cli',
  tenantId: 'acme',
  status: 'active',
  virtualAccountId: null,
  notBefore: null,
};

/** An issuer of acme's: whose mail address is verified acts as that user; its build jobs act as a virtual account. */
export const externalIssuer: IssuerRecord = {
  id: 'issuer_ci',
  tenantId: 'acme',
  status: 'active',
  issuer: 'https://ci.example',
  audiences: ['https://acme.example/gatehouse'],
  tokenTypes: ['jwt'],
  keys: [foreignKey.record],
  keysUntil: null,
  lifetimeSecondsMax: 600,
  notBefore: null,
  mappings: [
    { match: { sub: 'repo:acme/*:ref:refs/heads/main' }, as: { virtualAccountId: 'va_ci' }, teams: ['builders'] },
    { match: {}, as: { userBy: 'email', claim: 'email' }, teams: [] },
  ],
};

export const ci = {
  ...ada,
  id: 'va_ci',
  kind: 'virtual-account' as const,
  name: 'ci',
  email: null,
  teams: ['machines'],
};

/** Claims of a token that is right in every respect, issued a minute ago. */
export const ownClaims: AccessTokenClaims = {
  iss: OWN_ISSUER,
  sub: ada.id,
  aud: RESOURCE,
  client_id: client.id,
  jti: 'token_1',
  iat: NOW_S - 60,
  exp: NOW_S + 840,
  scope: 'model:invoke model:list',
  tenant: 'acme',
  gh_epoch: 1,
  gh_grant: 'grant_1',
  gh_session: 'session_1',
};

/** The same of an external one. */
export const externalClaims = {
  iss: externalIssuer.issuer,
  sub: 'repo:acme/site:ref:refs/heads/main',
  aud: 'https://acme.example/gatehouse',
  jti: 'job-7',
  iat: NOW_S - 60,
  exp: NOW_S + 240,
};

type Signing = { readonly key?: SpecKey; readonly header?: Readonly<Record<string, unknown>> };

/** Signs any header over any payload; text is signed as it is. What is undefined in the header is left out. */
export function signed(payload: object | string, { key = ownKey, header = {} }: Signing = {}): Promise<string> {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const { kid, algorithm } = key.record;
  const full = { alg: algorithm, typ: 'at+jwt', ...(kid !== null && { kid }), ...header };
  return new CompactSign(Buffer.from(text)).setProtectedHeader(full as { alg: string }).sign(key.privateKey);
}

export const ownToken = (change: object = {}, signing: Signing = {}) => signed({ ...ownClaims, ...change }, signing);
export const externalToken = (change: object = {}, signing: Signing = {}) => {
  const { header, ...rest } = signing;
  return signed({ ...externalClaims, ...change }, { key: foreignKey, ...rest, header: { typ: 'JWT', ...header } });
};

/** Parts as they are, however wrong they may be. */
export function assembled(header: object | string, payload: object | string, signature = ''): string {
  const encoded = [header, payload].map((part) => {
    return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
  });
  return [...encoded, signature].join('.');
}

/** A signature that holds, over any parts, by any algorithm that the key can be used for. */
export function signedAnyway(header: object, payload: object | Buffer, key: SpecKey, isPss = false): string {
  const encoded = [Buffer.from(JSON.stringify(header)), Buffer.isBuffer(payload) ? payload : JSON.stringify(payload)];
  const input = encoded.map((part) => Buffer.from(part).toString('base64url')).join('.');
  const options = isPss ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : {};
  const privateKey = KeyObject.from(key.privateKey as webcrypto.CryptoKey);
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363', ...options });
  return `${input}.${signature.toString('base64url')}`;
}

/** Everybody and everything that the tokens above need. */
export function trusting(): Applier {
  const applier = new Applier();
  applier.tenant(acme);
  applier.principal(ada);
  applier.principal(ci);
  applier.issuer(ownIssuer);
  applier.issuer(externalIssuer);
  applier.client(client);
  return applier;
}

/** An authenticator of the gateway's kind over what was applied. */
export function authenticatorOver({ view }: Applier, change: Partial<TokenAuthenticatorOptions> = {}) {
  return new TokenAuthenticator({
    identity: view,
    policy: noPolicy,
    publicUrl: RESOURCE,
    accepts: ['pat', 'vak'],
    ...change,
  });
}

/** As a service that has seen nothing before would answer, at the time of the fixtures. */
export async function answerTo(text: string, applier = trusting()): Promise<Authenticated | Unauthenticated> {
  return authenticatorOver(applier).authenticate(text, NOW_MS);
}
