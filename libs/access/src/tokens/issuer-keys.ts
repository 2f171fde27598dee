import type { IssuerKey, IssuerRecord } from '#libs/contracts';
import { importJWK, type CryptoKey } from 'jose';
import { createPublicKey, type KeyObject, type webcrypto } from 'node:crypto';

/** Members of a public key (RFC 7518); whatever else stands beside them decides nothing here. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  RSA: ['kty', 'n', 'e'],
  EC: ['kty', 'crv', 'x', 'y'],
  OKP: ['kty', 'crv', 'x'],
};

const cryptoKeys = new WeakMap<IssuerKey, Promise<CryptoKey>>();
const keyObjects = new WeakMap<IssuerKey, KeyObject>();

/**
 * The one key of the issuer that a header's `kid` names, exactly: no key where several go by it. A token without a `kid`
 * is only taken from an issuer whose one key has none either.
 */
export function keyNamed({ keys }: IssuerRecord, kid: unknown): IssuerKey | undefined {
  const named = keys.filter((key) => key.kid === (kid === undefined ? null : kid));
  const isOnly = kid === undefined ? keys.length === 1 : named.length === 1;
  return isOnly ? named[0] : undefined;
}

/** For `jose`. Rejects for what is no public key of its algorithm. Made once for each key of each record. */
export function cryptoKeyOf(key: IssuerKey): Promise<CryptoKey> {
  const known = cryptoKeys.get(key);
  if (known) return known;
  const made = importJWK(publicJwk(key), key.algorithm) as Promise<CryptoKey>;
  cryptoKeys.set(key, made);
  return made;
}

/** For verifiers of Node's kind. Undefined for what is no public key. */
export function keyObjectOf(key: IssuerKey): KeyObject | undefined {
  const known = keyObjects.get(key);
  if (known) return known;
  try {
    const made = createPublicKey({ key: publicJwk(key), format: 'jwk' });
    keyObjects.set(key, made);
    return made;
  } catch {
    return undefined;
  }
}

/** A secret (`kty` `oct`) has no members here, and so becomes no key. */
function publicJwk({ jwk }: IssuerKey): webcrypto.JsonWebKey {
  const members = MEMBERS[String(jwk['kty'])] ?? [];
  return Object.fromEntries(members.map((name) => [name, jwk[name]])) as webcrypto.JsonWebKey;
}
