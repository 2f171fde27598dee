import type { CredentialReader } from '../identity/credential-reader.js';
import type { FormerSecret } from '../identity/key-terms.js';
import type { Peppers } from '../keys/peppers.js';
import { sha256 } from './sha256.js';

const NO_MAC = new Uint8Array(32);

/** What a text of an id is compared with; undefined where no key has the id. */
export type HeldSecrets = {
  readonly slot: number;
  readonly pepperVersion: number;
  readonly former: FormerSecret | undefined;
};

/**
 * Until when the text is good by itself, ms since 1970: Infinity for a key's current secret, the end of the overlap for
 * its former one, undefined for any other text. A text that was proved once is known again by the SHA-256 of all of it.
 */
export function provesUntilMs(
  text: string,
  held: HeldSecrets | undefined,
  credentials: CredentialReader,
  peppers: Peppers,
): number | undefined {
  const digest = sha256(text);
  if (held && credentials.isProven(held.slot, digest)) return Number.POSITIVE_INFINITY;
  if (held?.former?.proven === digest) return held.former.untilMs;
  return proveSlowly(text, digest, held, credentials, peppers);
}

/**
 * Compares with both secrets that a key may have. Always two MACs: neither an unknown id, nor a key without a former
 * secret, nor which of the two it was, shows in the time that it takes.
 */
function proveSlowly(
  text: string,
  digest: string,
  held: HeldSecrets | undefined,
  credentials: CredentialReader,
  peppers: Peppers,
): number | undefined {
  const current = held && credentials.mac(held.slot);
  const former = held?.former;
  const isCurrent = peppers.matches(text, held?.pepperVersion ?? peppers.current, current ?? NO_MAC);
  const formerMac = former ? Buffer.from(former.mac, 'base64url') : NO_MAC;
  const isFormer = peppers.matches(text, former?.pepperVersion ?? peppers.current, formerMac);
  if (held && current && isCurrent) {
    credentials.setProven(held.slot, digest, current);
    return Number.POSITIVE_INFINITY;
  }
  if (!former || !isFormer) return undefined;
  former.proven = digest;
  return former.untilMs;
}
