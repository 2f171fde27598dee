/** Why an issuer's keys could not be had; closed, shown as `last_error`. */
export type KeySetFaultCode =
  /** At an address that the operator does not permit, or a URL that may not be called. */
  | 'jwks/address-refused'
  | 'jwks/unreachable'
  | 'jwks/timeout'
  /** Redirects are not followed. */
  | 'jwks/redirected'
  /** Any other status than 200. */
  | 'jwks/status'
  | 'jwks/content-type'
  | 'jwks/too-large'
  | 'jwks/malformed'
  | 'jwks/too-many-keys'
  /** It holds a secret or private key: whoever reads it can sign. */
  | 'jwks/private-key'
  | 'jwks/duplicate-kid'
  | 'jwks/no-usable-key'
  /** The discovery document is another issuer's. */
  | 'jwks/issuer-mismatch';

/** An issuer's keys could not be had, or are none that are taken. Says nothing of what was answered. */
export class KeySetFault extends Error {
  override readonly name = 'KeySetFault';
  constructor(readonly code: KeySetFaultCode) {
    super(code);
  }
}
