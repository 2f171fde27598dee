import type { FastifyRequest } from 'fastify';

/** What a request carries in `authorization`. */
export type Presented =
  | { readonly kind: 'key' | 'token'; readonly text: string }
  | { readonly kind: 'missing' | 'ambiguous' | 'unknown' };

/** Longest `authorization` value that is looked at. */
export const CREDENTIAL_BYTES_MAX = 8 * 1024;

/**
 * The one credential of a request: a `Bearer` key or token. Two `authorization` headers are ambiguous, whichever of
 * them a proxy in front may have read.
 */
export function presentedIn(request: Pick<FastifyRequest, 'headers' | 'raw'>): Presented {
  if (countHeaders(request.raw.rawHeaders, 'authorization') > 1) return { kind: 'ambiguous' };
  const { authorization } = request.headers;
  if (authorization === undefined || authorization === '') return { kind: 'missing' };
  const [, text] = /^bearer +([^\s]+)$/i.exec(authorization.slice(0, CREDENTIAL_BYTES_MAX + 16)) ?? [];
  if (text === undefined) return { kind: 'unknown' };
  return { kind: isTokenShaped(text) ? 'token' : 'key', text };
}

/** Three parts with dots between: no key has a dot. */
function isTokenShaped(text: string): boolean {
  return text.includes('.');
}

function countHeaders(rawHeaders: readonly string[], name: string): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]?.toLowerCase() === name) count += 1;
  return count;
}
