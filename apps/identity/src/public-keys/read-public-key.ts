import { createPublicKey, type webcrypto } from 'node:crypto';
import { TokenAlgorithm, type IssuerKey } from '#libs/contracts';

/** Smaller ones can be broken; larger ones cost whoever verifies more than they are worth. */
const RSA_BITS_MIN = 2_048;
const RSA_BITS_MAX = 8_192;
const KID_CHARACTERS_MAX = 256;
/** Members that only whoever signs, or shares a secret, may know (RFC 7518, RFC 8037). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

type Kind = { readonly members: readonly string[]; readonly algorithms: readonly TokenAlgorithm[] };
const RSA: Kind = { members: ['n', 'e'], algorithms: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] };
const ec = (algorithm: TokenAlgorithm): Kind => ({ members: ['crv', 'x', 'y'], algorithms: [algorithm] });
const kinds: Readonly<Record<string, Kind>> = {
  RSA,
  'EC P-256': ec('ES256'),
  'EC P-384': ec('ES384'),
  'EC P-521': ec('ES512'),
  'OKP Ed25519': { members: ['crv', 'x'], algorithms: ['EdDSA'] },
};

/**
 * Why a JWK is not taken. `private`: it holds what must not be published, so whoever holds the set can sign. `unusable`:
 * for another purpose, of a kind or size that is not accepted, or malformed.
 */
export type KeyMistake = { readonly mistake: 'private' | 'unusable'; readonly detail: string };

/**
 * One JWK as a public key pinned to one algorithm: that which it names, else the usual one of its kind. Nothing but the
 * members of the key itself is kept: neither certificates nor addresses.
 */
export function readPublicKey(jwk: unknown): IssuerKey | KeyMistake {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) return unusable('A key is an object.');
  const members = jwk as Readonly<Record<string, unknown>>;
  if (members['kty'] === 'oct') return { mistake: 'private', detail: 'Symmetric keys verify nothing here.' };
  const secret = PRIVATE_MEMBERS.find((name) => Object.hasOwn(members, name));
  if (secret) return { mistake: 'private', detail: `A public key has no member "${secret}".` };
  const kind = kindOf(members);
  if (!kind) return unusable('RSA, EC (P-256, P-384, P-521) and OKP (Ed25519) keys are accepted.');
  const purpose = purposeMistake(members);
  if (purpose) return unusable(purpose);
  const { kid = null, alg } = members;
  const named = TokenAlgorithm.safeParse(alg ?? kind.algorithms[0]);
  if (!named.success || !kind.algorithms.includes(named.data)) return unusable('This algorithm is not for such a key.');
  if (kid !== null && (typeof kid !== 'string' || kid === '' || kid.length > KID_CHARACTERS_MAX)) {
    return unusable(`A kid is a text of 1 to ${KID_CHARACTERS_MAX} characters.`);
  }
  const kept = { kty: members['kty'], ...Object.fromEntries(kind.members.map((name) => [name, members[name]])) };
  const detail = mathMistake(kept as webcrypto.JsonWebKey);
  return detail === undefined ? { kid, algorithm: named.data, jwk: kept } : unusable(detail);
}

/** Whether a JWK was taken. */
export const isKey = (read: IssuerKey | KeyMistake): read is IssuerKey => 'jwk' in read;

const unusable = (detail: string): KeyMistake => ({ mistake: 'unusable', detail });

function kindOf({ kty, crv }: Readonly<Record<string, unknown>>): Kind | undefined {
  const name = kty === 'RSA' ? kty : `${String(kty)} ${String(crv)}`;
  return Object.hasOwn(kinds, name) ? kinds[name] : undefined;
}

function purposeMistake({ use, key_ops: operations }: Readonly<Record<string, unknown>>): string | undefined {
  if (use !== undefined && use !== 'sig') return 'This key is not for signatures.';
  const verifies = operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
  return verifies ? undefined : 'This key does not verify.';
}

/** A point that is not on its curve, a modulus that is too small: the library says so, or is asked. */
function mathMistake(jwk: webcrypto.JsonWebKey): string | undefined {
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const { modulusLength, publicExponent } = key.asymmetricKeyDetails ?? {};
    if (modulusLength === undefined) return undefined;
    if (modulusLength < RSA_BITS_MIN) return `RSA keys have at least ${RSA_BITS_MIN} bits.`;
    if (modulusLength > RSA_BITS_MAX) return `RSA keys have at most ${RSA_BITS_MAX} bits.`;
    return publicExponent === undefined || publicExponent < 3n || publicExponent % 2n === 0n
      ? 'This is no exponent of an RSA key.'
      : undefined;
  } catch {
    return 'This is no key of its kind.';
  }
}
