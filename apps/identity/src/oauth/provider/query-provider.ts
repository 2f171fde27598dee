import { Provider, type KoaContextWithOIDC } from 'oidc-provider';

/**
 * oidc-provider that answers an authorization request by the query of a redirect and in no other way, errors among them.
 * Asked for a form or a fragment it would send even a refusal so: by a page with a script of its own, without our headers,
 * or to where scripts read it.
 */
export class QueryProvider extends Provider {
  /** The constructor registers every mode that oidc-provider knows, by this method. */
  override registerResponseMode(...[name, handler]: Parameters<Provider['registerResponseMode']>): void {
    if (name !== 'query') return;
    super.registerResponseMode(name, handler);
    // Where refusals of response types with tokens go unless a mode is named; no client may name it.
    super.registerResponseMode('fragment', handler);
  }
}

/** Discovery lists oidc-provider's own modes, whatever is registered. */
export function listOwnModes({ body }: KoaContextWithOIDC): void {
  const isMetadata = typeof body === 'object' && body !== null && 'response_modes_supported' in body;
  if (isMetadata) body.response_modes_supported = ['query'];
}
