import type { IncomingHttpHeaders } from 'node:http';

/**
 * What of an upstream's headers reaches the caller. A list of what may pass: hop-by-hop headers, cookies, the account's
 * organisation and its rate limits stay behind.
 */
const passing = [
  'content-type',
  'content-length',
  'content-encoding',
  'content-language',
  'cache-control',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'openai-model',
  'openai-processing-ms',
  'openai-version',
  // Anthropic's name for the id of a request.
  'request-id',
] as const;

/** They say something of bytes that are others after a translation. */
const ofBytes: ReadonlySet<string> = new Set(['content-length', 'content-encoding']);

/** What becomes of an answer's bytes on the way. */
type Passage = { readonly isStream: boolean; readonly isTranslated: boolean };

/** Name and value in turn, ours first. */
export function answerHeaders(
  ours: readonly string[],
  upstream: IncomingHttpHeaders,
  { isStream, isTranslated }: Passage,
): string[] {
  const headers = [...ours];
  for (const name of passing) {
    const value = upstream[name];
    // The length of a stream may change by the event that is taken out.
    const isUntrue = isTranslated ? ofBytes.has(name) : isStream && name === 'content-length';
    if (typeof value === 'string' && !isUntrue) headers.push(name, value);
  }
  // Proxies in front that collect answers would hold back the first byte.
  if (isStream) headers.push('x-accel-buffering', 'no');
  return headers;
}
