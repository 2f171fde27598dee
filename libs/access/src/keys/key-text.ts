import type { KeyKind } from '#libs/contracts';
import { base62Values, encodeBase62, randomBase62 } from './base62.js';
import { crc32Of, crcTable } from './crc32.js';

/** Environment letter of a key's text: production, staging, development, test, experimental. A hint for people only. */
export type KeyEnvironment = 'p' | 's' | 'd' | 't' | 'x';

/**
 * `gh_<kind><env>_<12 base62 id>_<43 base62 secret>_<6 base62 crc>`: what secret scanners look for. Public, and the
 * same for every release.
 */
export const KEY_PATTERN = /gh_(pat|vak|svc)([psdtx])_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})_([0-9A-Za-z]{6})/;

export const KEY_TEXT_LENGTH = 71;
const PATTERN_ALONE = new RegExp(`^${KEY_PATTERN.source}$`);
const ID_AT = 8;
/** Where the id starts and ends inside a key's text. */
export const keyIdRange = { start: ID_AT, end: ID_AT + 12 } as const;
const SECRET_AT = 21;
const CRC_AT = 65;
const UNDERSCORE = 95;

export type MintedKey = { readonly text: string; readonly keyId: string; readonly redacted: string };
export type ParsedKey = { readonly kind: KeyKind; readonly env: KeyEnvironment; readonly keyId: string };

/**
 * A new key from the system's secure generator: 71 bits of id, 256 bits of secret. `text` is to be shown once and never
 * kept; `redacted` may be stored and shown.
 */
export function mintKeyText(kind: KeyKind, env: KeyEnvironment): MintedKey {
  return mintWithId(kind, env, randomBase62(12));
}

/** A new secret for a key that keeps its id (rotation). */
export function mintRotatedText(kind: KeyKind, env: KeyEnvironment, keyId: string): MintedKey {
  if (!/^[0-9A-Za-z]{12}$/.test(keyId)) throw new RangeError('A key id has 12 base62 digits.');
  return mintWithId(kind, env, keyId);
}

function mintWithId(kind: KeyKind, env: KeyEnvironment, keyId: string): MintedKey {
  const body = `gh_${kind}${env}_${keyId}_${randomBase62(43)}`;
  const text = `${body}_${encodeBase62(crc32Of(body, body.length), 6)}`;
  return { text, keyId, redacted: `gh_${kind}${env}_${keyId}_…` };
}

/** Kind, environment and id as the text claims them, when form and CRC are right; they are not trusted, only looked up. */
export function parseKeyText(text: string): ParsedKey | undefined {
  if (!isKeyText(text)) return undefined;
  const [, kind, env, keyId] = PATTERN_ALONE.exec(text) ?? [];
  return kind && env && keyId ? { kind: kind as KeyKind, env: env as KeyEnvironment, keyId } : undefined;
}

/**
 * Whether the text has a key's form and its CRC is right. No look-up, no allocation: a flood of invented keys ends
 * here, after 0.2 µs.
 */
export function isKeyText(text: string): boolean {
  if (text.length !== KEY_TEXT_LENGTH || !text.startsWith('gh_') || !hasKindAndEnvironment(text)) return false;
  let crc = -1;
  // Negative as soon as one character that must be a base62 digit is none; one pass does both.
  let digits = 0;
  for (let i = 0; i < CRC_AT - 1; i += 1) {
    const code = text.charCodeAt(i);
    crc = (crcTable[(crc ^ code) & 255] ?? 0) ^ (crc >>> 8);
    if (i >= ID_AT && i !== SECRET_AT - 1) digits |= (base62Values[code & 127] ?? -1) | (127 - code);
  }
  let claimed = 0;
  for (let i = CRC_AT; i < KEY_TEXT_LENGTH; i += 1) {
    const code = text.charCodeAt(i);
    const value = base62Values[code & 127] ?? -1;
    digits |= value | (127 - code);
    claimed = claimed * 62 + value;
  }
  return digits >= 0 && (crc ^ -1) >>> 0 === claimed;
}

/** Any `gh_…` key inside a text, made unreadable; for log lines and error messages that may quote a request. */
export function redactKeys(text: string): string {
  return text.replaceAll(
    new RegExp(KEY_PATTERN, 'g'),
    (_, kind: string, env: string, id: string) => `gh_${kind}${env}_${id}_…`,
  );
}

function hasKindAndEnvironment(text: string): boolean {
  if (text.charCodeAt(7) !== UNDERSCORE || text.charCodeAt(20) !== UNDERSCORE || text.charCodeAt(64) !== UNDERSCORE) {
    return false;
  }
  const known = text.startsWith('pat', 3) || text.startsWith('vak', 3) || text.startsWith('svc', 3);
  return known && 'psdtx'.includes(text.charAt(6));
}
