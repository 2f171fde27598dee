import type { AccessTokenClaims, IssuerRecord } from '#libs/contracts';
import { compileRestrictions, type CompiledRestrictions } from '#libs/decision-engine';
import { isAction } from '#libs/policy-language';

/** What a token may do less than whom it acts as. */
export type TokenTerms = {
  /** Action names; undefined: the token has no scope, and `details` or the owner's reach stand alone. */
  readonly scopes: readonly string[] | undefined;
  readonly details: CompiledRestrictions | undefined;
};

const NOTHING: readonly string[] = Object.freeze([]);
/** The `type` of ours (RFC 9396). */
const DETAILS_TYPE = 'gatehouse';

/** Of our own tokens: what they do not name is not allowed, and one that names nothing allows nothing. */
export function ownTerms({ scope, authorization_details: details }: AccessTokenClaims): TokenTerms {
  if (scope === undefined && details === undefined) return { scopes: NOTHING, details: undefined };
  return {
    scopes: scope?.split(' ').filter((name) => name !== ''),
    details: details && compileDetails(details),
  };
}

/**
 * Of an external token. Its scopes are words of its issuer; those that are actions of ours narrow, as nobody writes them
 * by accident. Without any, it may do what whom it is mapped to may do.
 */
export function externalTerms(claims: Readonly<Record<string, unknown>>): TokenTerms {
  const { scope, authorization_details: given } = claims;
  const actions = typeof scope === 'string' ? scope.split(' ').filter(isAction) : [];
  const details = Array.isArray(given) ? given.filter(isOurs) : [];
  return {
    scopes: actions.length > 0 ? actions : undefined,
    details: details.length > 0 ? compileDetails(details) : undefined,
  };
}

/** What is of another type, or cannot be read, permits nothing. */
function compileDetails(details: readonly Readonly<Record<string, unknown>>[]): CompiledRestrictions | undefined {
  const statements = details.map(({ type, ...statement }) => (type === DETAILS_TYPE ? statement : null));
  return compileRestrictions({ statements });
}

function isOurs(detail: unknown): detail is Readonly<Record<string, unknown>> {
  return typeof detail === 'object' && detail !== null && 'type' in detail && detail.type === DETAILS_TYPE;
}

const termsTexts = new WeakMap<IssuerRecord, string>();

/** All of a record that the reading of a token depends on. Two with the same text read every token alike. */
export function issuerTermsOf(record: IssuerRecord): string {
  const known = termsTexts.get(record);
  if (known !== undefined) return known;
  const { id, tenantId, issuer, audiences, tokenTypes, keys, lifetimeSecondsMax, mappings } = record;
  const made = JSON.stringify([id, tenantId, issuer, audiences, tokenTypes, keys, lifetimeSecondsMax, mappings]);
  termsTexts.set(record, made);
  return made;
}
