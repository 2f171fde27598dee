import { encodeBase62, randomBase62 } from './base62.js';
import { crc32Of } from './crc32.js';

/**
 * `ghc_<16 base62 digits of the client's id>_<43 base62 secret>_<6 base62 crc>`: what secret scanners look for, and what
 * no key's text can be taken for. Public, and the same for every release.
 */
export const CLIENT_SECRET_PATTERN = /ghc_([0-9A-Za-z]{16})_([0-9A-Za-z]{43})_([0-9A-Za-z]{6})/;

const PATTERN_ALONE = new RegExp(`^${CLIENT_SECRET_PATTERN.source}$`);
const CLIENT_ID = /^client_([0-9A-Za-z]{16})$/;

export type MintedClientSecret = { readonly text: string; readonly redacted: string };

/**
 * A new secret of an OAuth client, 256 bits from the system's secure generator. `text` is to be shown once and never
 * kept; `redacted` may be stored and shown. Throws a RangeError for what is no client's id.
 */
export function mintClientSecret(clientId: string): MintedClientSecret {
  const digits = CLIENT_ID.exec(clientId)?.[1];
  if (digits === undefined) throw new RangeError('A client id is client_ and 16 base62 digits.');
  const body = `ghc_${digits}_${randomBase62(43)}`;
  return { text: `${body}_${encodeBase62(crc32Of(body, body.length), 6)}`, redacted: `ghc_${digits}_…` };
}

/** Whether the text has the form of that client's secrets and its CRC is right: what is not is wrong without a look-up. */
export function isClientSecretText(text: string, clientId: string): boolean {
  const [, digits, , crc] = PATTERN_ALONE.exec(text) ?? [];
  if (digits === undefined || `client_${digits}` !== clientId) return false;
  const bodyLength = text.length - 7;
  return encodeBase62(crc32Of(text, bodyLength), 6) === crc;
}

/** Any `ghc_…` secret inside a text, made unreadable. */
export function redactClientSecrets(text: string): string {
  return text.replaceAll(new RegExp(CLIENT_SECRET_PATTERN, 'g'), (_, digits: string) => `ghc_${digits}_…`);
}
