import { OWN_ISSUER_ID, type DecisionReason, type IssuerKey, type IssuerRecord } from '#libs/contracts';
import { z } from 'zod';
import type { IdentityView } from '../identity/identity-view.js';
import { readCompactJws, type CompactJws } from './compact-jws.js';
import { IssuerIndex } from './issuer-index.js';
import { keyNamed } from './issuer-keys.js';

/** How far the clocks of issuers may be ahead. There is no leeway for `exp`: a token ends when it says. */
export const CLOCK_LEEWAY_SECONDS = 10;
/** The type of our own tokens (RFC 9068). */
const OWN_TYPE = 'at+jwt';

/** Claims that every token must have, as whole seconds since 1970 where they are times. */
const Registered = z.looseObject({
  iss: z.string().min(1),
  aud: z.union([z.string(), z.tuple([z.string()])]).transform((aud) => (typeof aud === 'string' ? aud : aud[0])),
  exp: z.int().min(0),
  iat: z.int().min(0),
  nbf: z.int().min(0).optional(),
});
export type RegisteredClaims = z.output<typeof Registered>;

/** A token that is right in everything but its signature, which `key` has to hold. */
export type ExaminedToken = {
  readonly jws: CompactJws;
  readonly claims: RegisteredClaims;
  readonly issuer: IssuerRecord;
  readonly key: IssuerKey;
};

/**
 * Everything about a token that costs no cryptography, so that what cannot be valid is refused before any is done. The
 * key is chosen here, from the issuer's record alone, and its algorithm is the record's: a header that says another is
 * refused, and keys that it brings along or points to (`jwk`, `jku`, `x5c`, `x5u`) are not looked at.
 */
export class TokenExaminer {
  private readonly issuers: IssuerIndex;

  /** `resource`: what `aud` of our own tokens must be, this service's public URL. */
  constructor(
    private readonly view: IdentityView,
    private readonly resource: string,
  ) {
    this.issuers = new IssuerIndex(view);
  }

  /** The reason, where something is wrong with it. */
  examine(text: string, nowMs: number): ExaminedToken | DecisionReason {
    const jws = readCompactJws(text);
    const claims = Registered.safeParse(jws?.claims).data;
    if (!jws || !claims) return 'token_invalid';
    const issuer = this.issuerOf(claims);
    if (!issuer) return 'token_invalid';
    if (issuer.status !== 'active') return 'issuer_disabled';
    const { header } = jws;
    // What `crit` demands is not known here, and an unencoded payload (RFC 7797) is another reading of the same text.
    if ('crit' in header || 'b64' in header || !isOfType(header['typ'], issuer)) return 'token_invalid';
    const key = keyNamed(issuer, header['kid']);
    if (!key || header['alg'] !== key.algorithm) return 'token_invalid';
    return faultOfTimes(claims, issuer, nowMs) ?? { jws, claims, issuer, key };
  }

  /** Our own issuer's name is only ever its own, whatever others register. */
  private issuerOf({ iss, aud }: RegisteredClaims): IssuerRecord | undefined {
    const own = this.view.issuers.find(OWN_ISSUER_ID);
    if (own?.issuer === iss) return aud === this.resource ? own : undefined;
    return this.issuers.find(iss, aud);
  }
}

/** RFC 7515 §4.1.9: case does not matter, and `application/` may be left out. A token without a type is plain `jwt`. */
function isOfType(typ: unknown, { id, tokenTypes }: IssuerRecord): boolean {
  if (typ !== undefined && typeof typ !== 'string') return false;
  const type = (typ ?? 'jwt').toLowerCase().replace(/^application\//, '');
  return tokenTypes.includes(type) && (id !== OWN_ISSUER_ID || type === OWN_TYPE);
}

function faultOfTimes(
  { exp, iat, nbf = 0 }: RegisteredClaims,
  { lifetimeSecondsMax }: IssuerRecord,
  nowMs: number,
): DecisionReason | undefined {
  const latest = nowMs / 1_000 + CLOCK_LEEWAY_SECONDS;
  if (exp <= iat || exp - iat > lifetimeSecondsMax || iat > latest || nbf > latest) return 'token_invalid';
  return nowMs >= exp * 1_000 ? 'token_expired' : undefined;
}
