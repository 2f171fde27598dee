/** Where RFC 9728 has a client look for what a resource wants of it. */
export const RESOURCE_METADATA_PATH = '/.well-known/oauth-protected-resource';

/**
 * The `www-authenticate` of a refusal (RFC 6750, RFC 9728): where to find out who gives tokens, and what was wrong with
 * the one that came. Undefined for refusals that no other credential would change. `scope`: what the request needed.
 */
export function challengeOf(publicUrl: string, status: number, code: string, scope: string): string | undefined {
  const challenge = `Bearer resource_metadata="${publicUrl}${RESOURCE_METADATA_PATH}"`;
  // RFC 6750 §3.1: nothing is wrong with what did not come.
  if (status === 401) return code === 'missing_credentials' ? challenge : `${challenge}, error="invalid_token"`;
  return code === 'insufficient_scope' ? `${challenge}, error="insufficient_scope", scope="${scope}"` : undefined;
}
