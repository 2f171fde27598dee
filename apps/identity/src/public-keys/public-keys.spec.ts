import { generateKeyPairSync } from 'node:crypto';
import { ProblemError } from '#libs/http';
import { describe, expect, it } from 'vitest';
import { isKey, readPublicKey } from './read-public-key.js';
import { keysOf } from './static-key-set.js';

const rsa = (modulusLength: number) =>
  generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' });
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ec = pair.publicKey.export({ format: 'jwk' });
const ed = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
const good = { rsa: rsa(2_048), ec, ed };

describe('a public key', () => {
  it('is pinned to the algorithm that it names, or to the usual one of its kind', () => {
    const algorithm = (jwk: object) => {
      const read = readPublicKey(jwk);
      return isKey(read) ? read.algorithm : read.detail;
    };
    expect(Object.values(good).map((jwk) => algorithm(jwk))).toEqual(['RS256', 'ES256', 'EdDSA']);
    expect(algorithm({ ...good.rsa, alg: 'PS512' })).toBe('PS512');
  });

  it('keeps nothing but the key: no certificate, no address', () => {
    const jwk = { ...ec, kid: '1', use: 'sig', x5c: ['MII'], x5u: 'https://evil.example', jku: 'https://evil.example' };
    expect(readPublicKey(jwk)).toEqual({ kid: '1', algorithm: 'ES256', jwk: ec });
  });

  it.each<[string, object]>([
    ['a shared secret', { kty: 'oct', k: 'c2VjcmV0' }],
    ['a shared secret that says it is an RSA key', { ...good.rsa, k: 'c2VjcmV0' }],
    ['a private key', pair.privateKey.export({ format: 'jwk' })],
  ])('is not %s', (_what, jwk) => expect(readPublicKey(jwk)).toMatchObject({ mistake: 'private' }));

  it.each<[string, unknown]>([
    ['an RSA key of 1024 bits', rsa(1_024)],
    ['one with an even exponent', { ...good.rsa, e: 'AQAA' }],
    ['one for encryption', { ...ec, use: 'enc' }],
    ['one that only encrypts', { ...good.rsa, key_ops: ['encrypt'] }],
    ['an algorithm of another kind', { ...ec, alg: 'RS256' }],
    ['an algorithm of another curve', { ...ec, alg: 'ES384' }],
    ['a symmetric algorithm', { ...good.rsa, alg: 'HS256' }],
    ['the algorithm none', { ...ec, alg: 'none' }],
    ['a curve that is not accepted', { ...ec, crv: 'secp256k1' }],
    ['a key for key agreement', { ...ed, crv: 'X25519' }],
    ['a point that is not on the curve', { ...ec, y: ec.x }],
    ['a kid that is a number', { ...ec, kid: 7 }],
    ['a kid of 10 KB', { ...ec, kid: 'a'.repeat(10_000) }],
    ['an unknown kind', { kty: '__proto__' }],
    ['an array', [ec]],
    ['nothing', null],
  ])('is not %s', (_what, jwk) => expect(readPublicKey(jwk)).toMatchObject({ mistake: 'unusable' }));
});

describe('a key set that somebody wrote down', () => {
  const pointers = (...keys: object[]) => {
    try {
      return keysOf('issuer', { keys: keys as Record<string, unknown>[] }, '/jwks').map(({ kid }) => kid);
    } catch (error) {
      return (error as ProblemError).errors.map(({ pointer }) => pointer);
    }
  };

  it('is taken whole, or refused with the place of each mistake', () => {
    expect(pointers({ ...ec, kid: 'a' }, { ...ed, kid: 'b' })).toEqual(['a', 'b']);
    expect(pointers({ ...ec, kid: 'a' }, { kty: 'oct', k: 'x' }, { kty: 'what' })).toEqual([
      '/jwks/keys/1',
      '/jwks/keys/2',
    ]);
  });

  it('has no two keys with one kid, and a kid on each of several', () => {
    expect(pointers({ kty: 'oct' }, { ...ec, kid: 'a' }, { ...ed, kid: 'a' })).toEqual([
      '/jwks/keys/0',
      '/jwks/keys/2',
    ]);
    expect(pointers(ec)).toEqual([null]);
    expect(pointers(ec, { ...ed, kid: 'b' })).toEqual(['/jwks/keys/0']);
  });
});
