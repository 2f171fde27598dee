import type { CredentialTable } from '../identity/credential-table.js';
import type { Peppers } from '../keys/peppers.js';
import { sha256 } from './sha256.js';

const NO_MAC = new Uint8Array(32);

/**
 * Until when the text is good by itself, ms since 1970: Infinity for a key's current secret, the end of the overlap for
 * its former one, undefined for any other text. A text that was proved once is known again by the SHA-256 of all of it.
 */
export function provesUntilMs(
  text: string,
  slot: number,
  credentials: CredentialTable,
  peppers: Peppers,
): number | undefined {
  const digest = sha256(text);
  if (slot < 0) return proveSlowly(text, digest, slot, credentials, peppers);
  if (credentials.slots.isProven(slot, digest)) return Number.POSITIVE_INFINITY;
  const former = credentials.rareOf(slot)?.former;
  if (former?.proven === digest) return former.untilMs;
  return proveSlowly(text, digest, slot, credentials, peppers);
}

/**
 * Compares with both secrets that a key may have. Always two MACs: neither an unknown id, nor a key without a former
 * secret, nor which of the two it was, shows in the time that it takes.
 */
function proveSlowly(
  text: string,
  digest: string,
  slot: number,
  credentials: CredentialTable,
  peppers: Peppers,
): number | undefined {
  const current = slot < 0 ? undefined : credentials.slots.mac(slot);
  const former = slot < 0 ? undefined : credentials.rareOf(slot)?.former;
  const version = current ? credentials.slots.pepperVersion(slot) : peppers.current;
  const isCurrent = peppers.matches(text, version, current ?? NO_MAC);
  const formerMac = former ? Buffer.from(former.mac, 'base64url') : NO_MAC;
  const isFormer = peppers.matches(text, former?.pepperVersion ?? peppers.current, formerMac);
  if (current && isCurrent) {
    credentials.slots.setProven(slot, digest);
    return Number.POSITIVE_INFINITY;
  }
  if (!former || !isFormer) return undefined;
  former.proven = digest;
  return former.untilMs;
}
