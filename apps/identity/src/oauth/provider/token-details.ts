import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { canonicalJson } from '#libs/policy-language';
import { readDetails } from './authorization-details.js';

type Source = { readonly rar?: readonly Readonly<Record<string, unknown>>[] | undefined };

/**
 * `authorization_details` on their way from consent to token: a code carries what was consented to, and a token what its
 * code or refresh token carries, or a part of that.
 */
export const consentedDetails = {
  authorizationDetailsForGrantSource: ({ oidc }: KoaContextWithOIDC): never => {
    const granted = (oidc.grant as Source | undefined)?.rar ?? [];
    const asked = readDetails(oidc.params?.['authorization_details'] as string | undefined) ?? [];
    // Somebody may have allowed a part only.
    const open = new Set(granted.map(canonicalJson));
    return asked.filter((detail) => open.has(canonicalJson(detail))) as never;
  },
  authorizationDetailsForAccessToken: (
    { oidc }: KoaContextWithOIDC,
    _token: unknown,
    source: Source | undefined,
  ): never => {
    const held = source?.rar ?? [];
    const asked = readDetails(oidc.params?.['authorization_details'] as string | undefined);
    return (asked ? partOf(asked, held) : held) as never;
  },
  authorizationDetailsForIntrospection: (_context: unknown, token: Source): never => token.rar as never,
};

/** @throws InvalidAuthorizationDetails for one that was not consented to, word for word. */
function partOf(asked: readonly object[], held: readonly object[]): readonly object[] {
  const open = new Set(held.map(canonicalJson));
  if (asked.every((detail) => open.has(canonicalJson(detail)))) return asked;
  throw new errors.InvalidAuthorizationDetails('authorization_details go beyond what was granted');
}
