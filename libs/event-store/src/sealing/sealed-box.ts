import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const WRAPPING_PURPOSE = 'gatehouse/event-store/subject-key-wrapping/v1';
const FIELD_PURPOSE = 'gatehouse/event-store/sealed-field/v1';

/** Derives the key that wraps subject keys (HKDF-SHA-256, RFC 5869). @throws RangeError below 32 bytes. */
export function deriveWrappingKey(sealKey: Uint8Array): Buffer {
  if (sealKey.byteLength < KEY_BYTES) throw new RangeError(`The seal key needs ${KEY_BYTES} bytes.`);
  return Buffer.from(hkdfSync('sha256', sealKey, new Uint8Array(), WRAPPING_PURPOSE, KEY_BYTES));
}

export const newSubjectKey = () => randomBytes(KEY_BYTES);

/** The subject's key under the wrapping key, bound to the subject: moved to another row it does not open. */
export const wrapKey = (wrapping: Buffer, subjectId: string, key: Buffer) =>
  encrypt(wrapping, key, bound(WRAPPING_PURPOSE, subjectId));
export const unwrapKey = (wrapping: Buffer, subjectId: string, wrapped: Buffer) =>
  decrypt(wrapping, wrapped, bound(WRAPPING_PURPOSE, subjectId));

/** A text under the subject's key, bound to the subject: 12-byte nonce, ciphertext, 16-byte tag, base64url. */
export const sealText = (key: Buffer, subjectId: string, text: string) =>
  encrypt(key, Buffer.from(text), bound(FIELD_PURPOSE, subjectId)).toString('base64url');
/** Undefined if the box is not of this key and subject. */
export const openText = (key: Buffer, subjectId: string, box: string) =>
  decrypt(key, Buffer.from(box, 'base64url'), bound(FIELD_PURPOSE, subjectId))?.toString('utf8');

function bound(purpose: string, subjectId: string): Buffer {
  return Buffer.from(`${purpose}\0${subjectId}`);
}

function encrypt(key: Buffer, plain: Buffer, associated: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(associated);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, box: Buffer, associated: Buffer): Buffer | undefined {
  if (box.byteLength < NONCE_BYTES + TAG_BYTES) return undefined;
  const tagAt = box.byteLength - TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, key, box.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(associated).setAuthTag(box.subarray(tagAt));
  try {
    return Buffer.concat([decipher.update(box.subarray(NONCE_BYTES, tagAt)), decipher.final()]);
  } catch {
    return undefined;
  }
}
