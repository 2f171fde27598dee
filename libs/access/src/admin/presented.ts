import type { FastifyRequest } from 'fastify';
import { looksLikeToken } from '../tokens/token-authenticator.js';

/** What a request carries in `authorization`. */
export type Presented =
  | { readonly kind: 'key' | 'token'; readonly text: string }
  | { readonly kind: 'missing' | 'ambiguous' | 'unknown' };

/**
 * The one credential of a request: a `Bearer` key or token. Two `authorization` headers are ambiguous, whichever of
 * them a proxy in front may have read.
 */
export function presentedIn(request: Pick<FastifyRequest, 'headers' | 'raw'>): Presented {
  if (countHeaders(request.raw.rawHeaders, 'authorization') > 1) return { kind: 'ambiguous' };
  const { authorization } = request.headers;
  if (authorization === undefined || authorization === '') return { kind: 'missing' };
  // All of it, never a part: what is too long is for whoever verifies it to refuse.
  const [, text] = /^bearer +([^\s]+)$/i.exec(authorization) ?? [];
  if (text === undefined) return { kind: 'unknown' };
  return { kind: looksLikeToken(text) ? 'token' : 'key', text };
}

function countHeaders(rawHeaders: readonly string[], name: string): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]?.toLowerCase() === name) count += 1;
  return count;
}
