import { createHash, createPrivateKey, createPublicKey, hkdfSync, sign, verify, type KeyObject } from 'node:crypto';
import type { Checkpoint, SignedCheckpoint } from '#libs/contracts';
import { canonicalize } from 'json-canonicalize';

/** In front of what is signed, so that the signature is good for nothing else. */
const PURPOSE = 'gatehouse-checkpoint-v1';
/** DER of an Ed25519 private key (RFC 8410) up to its 32 bytes of seed. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SEED_BYTES = 32;
const KEY_ID_DIGITS = 16;

export type CheckpointKey = { readonly privateKey: KeyObject; readonly publicKey: KeyObject; readonly keyId: string };

/** The Ed25519 key that checkpoints are signed with, made of a secret of at least 32 bytes that serves nothing else. */
export function checkpointKey(secret: Uint8Array): CheckpointKey {
  const seed = hkdfSync('sha256', secret, '', PURPOSE, SEED_BYTES);
  const der = Buffer.concat([PKCS8_PREFIX, Buffer.from(seed)]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  return { privateKey, publicKey, keyId: keyIdOf(publicKey) };
}

/** SHA-256 of the public key's DER (SPKI), its first 16 hex digits. */
export function keyIdOf(publicKey: KeyObject): string {
  const der = publicKey.export({ format: 'der', type: 'spki' });
  return createHash('sha256').update(der).digest('hex').slice(0, KEY_ID_DIGITS);
}

/** SHA-256, hex, of what is signed: by it the next checkpoint names this one. */
export function checkpointDigest(checkpoint: Checkpoint | SignedCheckpoint): string {
  return createHash('sha256').update(signedText(checkpoint)).digest('hex');
}

export function signCheckpoint(checkpoint: Checkpoint, { privateKey, keyId }: CheckpointKey): SignedCheckpoint {
  const signature = sign(null, Buffer.from(signedText(checkpoint)), privateKey).toString('base64url');
  return { ...checkpoint, keyId, signature };
}

/** Whether one of the keys signed it. */
export function isSigned(checkpoint: SignedCheckpoint, keys: readonly KeyObject[]): boolean {
  const signature = Buffer.from(checkpoint.signature, 'base64url');
  return keys.some((key) => verify(null, Buffer.from(signedText(checkpoint)), key, signature));
}

/**
 * The purpose and the RFC 8785 form of the checkpoint without its signature, each on a line. One that states no numbers
 * is signed as all were before there were any: those of then stay what they are.
 */
function signedText({ tenantId, number, at, former, segments, written }: Checkpoint): string {
  const stated = written.length > 0 ? { written } : {};
  return `${PURPOSE}\n${canonicalize({ tenantId, number, at, former, segments, ...stated })}`;
}
