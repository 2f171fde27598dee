import { OWN_ISSUER_ID } from '#libs/contracts';
import { actionNames } from '#libs/policy-language';
import type { IdentityView } from '../identity/identity-view.js';

/**
 * What RFC 9728 has a protected resource say of itself, from what is known now: our own issuer is named while it is
 * trusted. Public: it depends on nobody's tenant.
 * @param resource As the client knows it: the service's public URL, or one below it.
 */
export function resourceMetadata(view: Pick<IdentityView, 'issuers'>, resource: string) {
  const own = view.issuers.find(OWN_ISSUER_ID);
  return {
    resource,
    ...(own?.status === 'active' && { authorization_servers: [own.issuer] }),
    bearer_methods_supported: ['header'],
    scopes_supported: actionNames,
    authorization_details_types_supported: ['gatehouse'],
  };
}
