import type { Authenticated, Unauthenticated } from '../authentication/caller.js';

/** Signature algorithms that an issuer may be pinned to: asymmetric ones only. */
export type TokenAlgorithm = 'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512';

/** An issuer whose tokens are accepted. */
export type TrustedIssuer = {
  /** Exactly what `iss` must be. */
  readonly issuer: string;
  /** Exactly what `aud` must be. */
  readonly audience: string;
  /** The one algorithm; the token's header does not choose. */
  readonly algorithm: TokenAlgorithm;
  /** PEM of the public key of that id; undefined when there is none. Keys named in the token itself are ignored. */
  keyOf(keyId: string | undefined): string | undefined;
  /** Who the verified claims stand for: revocations, principal and tenant are looked at here, in every call. */
  callerOf(claims: Readonly<Record<string, unknown>>, nowMs: number): Authenticated | Unauthenticated;
};

/** Where issuers are looked up; port and injection token. */
export abstract class TokenIssuers {
  abstract find(issuer: string): TrustedIssuer | undefined;
}

/** There are no `issuer/…` records yet: no token is valid. */
export class NoTokenIssuers extends TokenIssuers {
  override find(): undefined {
    return undefined;
  }
}
