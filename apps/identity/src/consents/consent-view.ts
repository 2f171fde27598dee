import type { ConsentRow } from '../oauth/artifacts/grant-table.js';

type Scopes = { readonly openid?: { scope?: string }; readonly resources?: Readonly<Record<string, string>> };

/** A consent as the API shows one: which client may do what, where. */
export function shownConsent({ id, accountId, clientId, content, createdAt, expiresAt }: ConsentRow) {
  const { openid, resources = {}, rejected } = content as Scopes & { rejected?: Scopes };
  const oidc = granted(openid?.scope, rejected?.openid?.scope);
  const ofResources = Object.entries(resources).map(([resource, scope]) => ({
    resource,
    scopes: granted(scope, rejected?.resources?.[resource]),
  }));
  return {
    object: 'consent',
    id,
    user: accountId,
    client: clientId,
    status: 'active',
    scopes: oidc,
    resources: ofResources,
    authorization_details: content['rar'] ?? [],
    created_at: createdAt,
    expires_at: expiresAt,
  };
}

/** What was refused stands beside what was granted, and is not granted. */
function granted(scope = '', rejected = ''): string[] {
  const refused = rejected.split(' ');
  return scope.split(' ').filter((each) => each !== '' && !refused.includes(each));
}
