import type { OAuthClientRow } from './client-list.projection.js';

/** A client as the API shows one; its secrets are not in it. The `client_id` of the protocol is its `id`. */
export function shownClient(row: OAuthClientRow, nowIso: string) {
  return {
    object: 'oauth_client',
    id: row.id,
    name: row.name,
    kind: row.authMethod === 'none' ? 'public' : 'confidential',
    status: row.status,
    token_endpoint_auth_method: row.authMethod,
    application_type: row.applicationType,
    grant_types: row.grantTypes,
    redirect_uris: row.redirectUris,
    scopes: row.scopes,
    resources: row.resources,
    virtual_account: row.virtualAccountId,
    jwks: {
      keys: row.keys.map(({ kid, algorithm, jwk }) => ({ ...jwk, ...(kid !== null && { kid }), alg: algorithm })),
    },
    access_token_seconds: row.accessTokenSeconds,
    redacted_secret: row.redacted,
    overlap_until: row.overlapUntil !== null && row.overlapUntil > nowIso ? row.overlapUntil : null,
    created_by: row.createdBy,
    created_at: row.createdAt,
  };
}

/** What is authorised when somebody asks for a client. */
export function clientResource({ id, tenantId }: Pick<OAuthClientRow, 'id' | 'tenantId'>) {
  return { type: 'oauth-client', path: id, tenant: tenantId };
}
