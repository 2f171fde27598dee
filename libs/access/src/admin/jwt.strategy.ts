import { Strategy, type VerifiedCallback } from 'passport-jwt';
import type { Unauthenticated } from '../authentication/caller.js';
import { CREDENTIAL_BYTES_MAX, presentedIn } from './presented.js';
import type { TokenIssuers, TrustedIssuer } from './token-issuers.js';

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'] as const;

/** What every token that is not accepted is answered with. */
export const INVALID_TOKEN: Unauthenticated = Object.freeze({
  ok: false,
  code: 'invalid_token',
  reason: 'token_invalid',
  tenantId: '',
  keyId: '',
  principalId: '',
});

type TokenRequest = Parameters<typeof presentedIn>[0];
type Claims = Readonly<Record<string, unknown>>;

/**
 * Passport strategy for our access tokens: at most 8 KiB, `typ` `at+jwt`, no `crit`, the algorithm that its issuer is
 * pinned to, exact `iss` and `aud`. Keys that the token brings (`jku`, `x5u`, `jwk`, `x5c`) are ignored.
 */
export class JwtStrategy extends Strategy {
  constructor(issuers: TokenIssuers, nowMs: () => number) {
    super(
      {
        jwtFromRequest: (request: unknown) => {
          const presented = presentedIn(request as TokenRequest);
          return presented.kind === 'token' ? presented.text : null;
        },
        secretOrKeyProvider: (_request: unknown, token: string, done: (error: unknown, key?: string) => void) => {
          const key = trustedBy(issuers, token)?.key;
          if (key) done(null, key);
          else done(INVALID_TOKEN);
        },
        algorithms: [...ALGORITHMS],
        passReqToCallback: false,
      },
      (claims: Claims, done: VerifiedCallback) => {
        const answer = answerTo(claims, issuers, nowMs());
        if (answer.ok) done(null, answer);
        else done(null, false, answer);
      },
    );
  }
}

function answerTo(claims: Claims, issuers: TokenIssuers, nowMs: number) {
  const issuer = typeof claims['iss'] === 'string' ? issuers.find(claims['iss']) : undefined;
  const isForUs = issuer !== undefined && claims['aud'] === issuer.audience && claims['iss'] === issuer.issuer;
  // A token without an end would outlive every revocation that is forgotten after the longest life of one.
  return isForUs && typeof claims['exp'] === 'number' ? issuer.callerOf(claims, nowMs) : INVALID_TOKEN;
}

/** Reads the header before anything is verified, only to find the key that must verify it. */
function trustedBy(issuers: TokenIssuers, token: string): { issuer: TrustedIssuer; key: string } | undefined {
  if (token.length > CREDENTIAL_BYTES_MAX) return undefined;
  const [header, claims] = token.split('.', 2).map(decoded);
  if (!header || !claims || header['crit'] !== undefined) return undefined;
  if (String(header['typ']).toLowerCase() !== 'at+jwt' || typeof claims['iss'] !== 'string') return undefined;
  const issuer = issuers.find(claims['iss']);
  if (!issuer || header['alg'] !== issuer.algorithm) return undefined;
  const key = issuer.keyOf(typeof header['kid'] === 'string' ? header['kid'] : undefined);
  return key === undefined ? undefined : { issuer, key };
}

function decoded(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Claims) : undefined;
  } catch {
    return undefined;
  }
}
