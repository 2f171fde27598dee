import type { IssuerKey } from '#libs/contracts';
import { isKey, readPublicKey } from '../public-keys/read-public-key.js';
import { KEYS_MAX } from '../public-keys/static-key-set.js';
import { KeySetFault } from './key-set-fault.js';

/**
 * The keys of a fetched set (RFC 7517). Those for other purposes, or of kinds that are not accepted, are left out, since
 * issuers publish them beside each other; a set that gives away a secret, or says two things of one kid, is not taken.
 * @throws KeySetFault
 */
export function fetchedKeys(document: unknown): IssuerKey[] {
  const keys = typeof document === 'object' && document !== null ? (document as { keys?: unknown }).keys : undefined;
  if (!Array.isArray(keys)) throw new KeySetFault('jwks/malformed');
  if (keys.length > KEYS_MAX) throw new KeySetFault('jwks/too-many-keys');
  const read = keys.map(readPublicKey);
  if (read.some((each) => !isKey(each) && each.mistake === 'private')) throw new KeySetFault('jwks/private-key');
  const usable = read.filter(isKey);
  if (usable.length === 0) throw new KeySetFault('jwks/no-usable-key');
  if (new Set(usable.map(({ kid }) => kid)).size < usable.length) throw new KeySetFault('jwks/duplicate-kid');
  // A token that names no key can mean only the one there is.
  return usable.length > 1 ? usable.filter(({ kid }) => kid !== null) : usable;
}
