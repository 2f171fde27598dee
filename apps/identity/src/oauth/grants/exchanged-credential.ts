import { isKeyText } from '#libs/access';
import type { AccessTokenClaims } from '#libs/contracts';
import { errors } from 'oidc-provider';

/** What was exchanged, once it was verified. */
export type ExchangedCredential = {
  readonly principalId: string;
  readonly tenantId: string;
  /** When it expires by itself, ms since 1970; infinite where it does not. */
  readonly expiresAtMs: number;
  /** Scopes that the new token may name; undefined: every one. */
  readonly scopes: readonly string[] | undefined;
  /** Details of a token: the new one carries the very same, if it has any. */
  readonly details: readonly Readonly<Record<string, unknown>>[] | undefined;
  /** The one service that it was for; undefined: every one. */
  readonly resource: string | undefined;
  readonly grantId?: string | undefined;
  readonly claims: Pick<AccessTokenClaims, 'gh_key' | 'gh_issuer' | 'gh_teams' | 'gh_session' | 'act'>;
};

/** RFC 8693, section 3; the first is our own. */
export const API_KEY_TYPE = 'urn:gatehouse:params:oauth:token-type:api_key';
export const JWT_TYPE = 'urn:ietf:params:oauth:token-type:jwt';
export const ID_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:id_token';
export const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';

const types = new Set([API_KEY_TYPE, JWT_TYPE, ID_TOKEN_TYPE, ACCESS_TOKEN_TYPE]);

/**
 * A text must have the form of the type that it is said to be; nothing is tried under another name.
 * @throws InvalidRequest for a type that is not taken, InvalidGrant for another form.
 */
export function requireForm(text: string, type: string): void {
  if (!types.has(type)) throw new errors.InvalidRequest('the subject token is not of a type that is taken');
  if (type === API_KEY_TYPE ? !isKeyText(text) : text.split('.').length !== 3) throw invalid();
}

/** One text whatever is wrong with the credential. */
export const invalid = () => new errors.InvalidGrant('the subject token is not valid');
