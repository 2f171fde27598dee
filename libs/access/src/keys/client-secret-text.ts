import { BoundSecret, type MintedSecret } from './bound-secret.js';

const clientSecrets = new BoundSecret('ghc', 'client');

/**
 * `ghc_<16 base62 digits of the client's id>_<43 base62 secret>_<6 base62 crc>`: what secret scanners look for, and what
 * no key's text can be taken for. Public, and the same for every release.
 */
export const CLIENT_SECRET_PATTERN = clientSecrets.pattern;

/** A new secret of an OAuth client. Throws a RangeError for what is no client's id. */
export function mintClientSecret(clientId: string): MintedSecret {
  return clientSecrets.mint(clientId);
}

/** Whether the text has the form of that client's secrets and its CRC is right: what is not is wrong without a look-up. */
export function isClientSecretText(text: string, clientId: string): boolean {
  return clientSecrets.idIn(text) === clientId;
}

/** Any `ghc_…` secret inside a text, made unreadable. */
export function redactClientSecrets(text: string): string {
  return clientSecrets.redact(text);
}
