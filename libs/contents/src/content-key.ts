import { exportJWK, generateKeyPair, importJWK, type CryptoKey } from 'jose';

export const KEY_ALGORITHM = 'ECDH-ES';
const CURVE = { kty: 'OKP', crv: 'X25519' } as const;

/** X25519 keys, each 32 bytes as base64url (`x` and `d` of RFC 8037). */
export type ContentKeyPair = { readonly publicKey: string; readonly privateKey: string };

export async function newContentKeyPair(): Promise<ContentKeyPair> {
  const pair = await generateKeyPair(KEY_ALGORITHM, { crv: CURVE.crv, extractable: true });
  const { x: publicKey, d: privateKey } = await exportJWK(pair.privateKey);
  if (!publicKey || !privateKey) throw new Error('a pair of keys has no parts');
  return { publicKey, privateKey };
}

/** For writing. @throws Error for what is no such key. */
export async function readPublicKey(publicKey: string): Promise<CryptoKey> {
  return (await importJWK({ ...CURVE, x: publicKey }, KEY_ALGORITHM)) as CryptoKey;
}

/** For reading. @throws Error for what is no such pair. */
export async function readKeyPair({ publicKey, privateKey }: ContentKeyPair): Promise<CryptoKey> {
  return (await importJWK({ ...CURVE, x: publicKey, d: privateKey }, KEY_ALGORITHM)) as CryptoKey;
}
