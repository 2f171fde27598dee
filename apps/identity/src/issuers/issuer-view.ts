import type { IssuerMapping } from '#libs/contracts';
import type { IssuerFetch } from './issuer-fetches.adapter.js';
import type { IssuerRow } from './issuer-list.projection.js';

/** An issuer as the API shows one. */
export function shownIssuer(row: IssuerRow, fetch: IssuerFetch | undefined) {
  const { keySource } = row;
  return {
    object: 'issuer',
    id: row.id,
    name: row.name,
    issuer: row.issuer,
    status: row.status,
    audiences: row.audiences,
    keys_from: keySource.from,
    jwks_uri: keySource.from === 'jwks_uri' ? keySource.uri : null,
    keys: row.keys.map(({ kid, algorithm }) => ({ kid, algorithm })),
    keys_fetched_at: fetch?.fetchedAt ?? null,
    keys_until: row.keysUntil,
    last_error: fetch?.lastError ?? null,
    token_types: row.tokenTypes,
    token_lifetime_seconds_max: row.lifetimeSecondsMax,
    mappings: row.mappings.map(shownMapping),
    not_before: row.notBefore,
    created_by: row.createdBy,
    created_at: row.createdAt,
  };
}

function shownMapping({ match, as, teams }: IssuerMapping) {
  const who =
    'virtualAccountId' in as ? { virtual_account: as.virtualAccountId } : { user_by: as.userBy, claim: as.claim };
  return { match, as: who, teams };
}

/** What is authorised when somebody asks for an issuer. */
export function issuerResource({ name, tenantId }: Pick<IssuerRow, 'name' | 'tenantId'>) {
  return { type: 'issuer', path: name, tenant: tenantId };
}
