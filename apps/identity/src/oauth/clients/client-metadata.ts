import { isAction } from '#libs/policy-language';
import type { ClientMetadata } from 'oidc-provider';
import type { OAuthClientRow } from '../../oauth-clients/client-list.projection.js';

/** What oidc-provider carries with a client for us, under this name. */
export const OWN_METADATA = 'gatehouse';

/** The client as it was registered; everything that oidc-provider has no word for is read from here. */
export type OwnMetadata = Pick<
  OAuthClientRow,
  'id' | 'tenantId' | 'status' | 'secrets' | 'resources' | 'virtualAccountId' | 'accessTokenSeconds'
> & {
  /** Actions that its tokens may name. */
  readonly actions: readonly string[];
};

/** Scopes of OpenID Connect; every other one is an action. */
export const OIDC_SCOPES: readonly string[] = ['openid', 'offline_access'];

/** The one type of `authorization_details` (RFC 9396). */
export const DETAILS_TYPE = 'gatehouse';

/**
 * Secrets are kept as MACs: oidc-provider insists on a text, so it gets one that is nobody's, is compared with nothing
 * and is the key of nothing (no symmetric algorithm is enabled).
 */
const SECRET_IS_ELSEWHERE = 'kept as a MAC';

/** A registered client in the words of RFC 7591. */
export function clientMetadata(row: OAuthClientRow): ClientMetadata {
  const { id, tenantId, status, secrets, resources, virtualAccountId, accessTokenSeconds } = row;
  const own: OwnMetadata = {
    id,
    tenantId,
    status,
    secrets,
    resources,
    virtualAccountId,
    accessTokenSeconds,
    actions: row.scopes.filter(isAction),
  };
  const usesCode = row.grantTypes.includes('authorization_code');
  return {
    client_id: id,
    client_name: row.name ?? id,
    application_type: row.applicationType,
    grant_types: [...row.grantTypes],
    redirect_uris: [...row.redirectUris],
    response_types: usesCode ? ['code'] : [],
    // A fragment or a form of our making are more places for a code to be read from.
    response_modes: ['query'],
    // `openid` tells a client who logged in, which every access token does; oidc-provider takes no empty list.
    scope: ['openid', ...row.scopes.filter((scope) => scope === 'offline_access')].join(' '),
    token_endpoint_auth_method: row.authMethod,
    ...(row.authMethod.startsWith('client_secret') && { client_secret: SECRET_IS_ELSEWHERE }),
    ...(row.keys.length > 0 && { jwks: { keys: row.keys.map(toJwk) } }),
    authorization_details_types: [DETAILS_TYPE],
    [OWN_METADATA]: own,
  } as ClientMetadata;
}

function toJwk({ kid, algorithm, jwk }: OAuthClientRow['keys'][number]) {
  return { ...jwk, ...(kid !== null && { kid }), alg: algorithm, use: 'sig' } as never;
}

/** Of a client that oidc-provider holds; undefined for the exchange client, which nobody registered. */
export function ownMetadata(client: object | undefined): OwnMetadata | undefined {
  return (client as Record<string, OwnMetadata | undefined> | undefined)?.[OWN_METADATA];
}
