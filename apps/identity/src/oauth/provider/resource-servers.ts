import type { KoaContextWithOIDC, ResourceServer } from 'oidc-provider';
import { readResource } from '../grants/asked-token.js';
import { OIDC_SCOPES, ownMetadata } from '../clients/client-metadata.js';

/** The services that tokens can be for (RFC 8707), for oidc-provider. @param services Public URLs, the default first. */
export function resourceIndicators(services: readonly string[]) {
  return {
    enabled: true,
    /** The first that the client may ask for; none where only the user's identity is asked about. */
    defaultResource: (context: KoaContextWithOIDC, client: object, oneOf?: readonly string[]) => {
      const [only] = oneOf ?? [];
      if (only !== undefined) return only;
      const scopes = (context.oidc.params?.['scope'] as string | undefined)?.split(' ') ?? [];
      const isAboutActions = scopes.some((scope) => !OIDC_SCOPES.includes(scope));
      const details = context.oidc.params?.['authorization_details'];
      if (!isAboutActions && details === undefined) return undefined as never;
      return readResource(undefined, { resources: ownMetadata(client)?.resources ?? [] }, services);
    },
    /** The client's access tokens for the one resource that was granted. */
    useGrantedResource: () => true,
    getResourceServerInfo: (_context: KoaContextWithOIDC, resource: string, client: object): ResourceServer => {
      const own = ownMetadata(client);
      const audience = readResource(resource, { resources: own?.resources ?? [] }, services);
      return {
        audience,
        scope: (own?.actions ?? []).join(' '),
        accessTokenFormat: 'jwt',
        accessTokenTTL: own?.accessTokenSeconds ?? 0,
        jwt: { sign: { alg: 'ES256' } },
      };
    },
  };
}
