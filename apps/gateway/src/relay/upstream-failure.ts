import { Refusal } from '../refusals/refusal.js';

const timeouts = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT']);

export type UpstreamFailure = { readonly refusal: Refusal; readonly errorType: string };

/** What the caller is told when there is no answer to relay. The cause is named by its code: its text may hold addresses. */
export function failureOf(error: unknown): UpstreamFailure {
  const errorType = codeOf(error);
  const refusal = timeouts.has(errorType)
    ? new Refusal('upstream_timeout', 'granted', 'The upstream did not answer in time.')
    : new Refusal('upstream_error', 'granted', 'The upstream could not be reached or broke off.');
  return { refusal, errorType };
}

/**
 * Answers that are about the gateway's own account, not about the caller's request: refused credentials, whose text
 * often quotes the provider key, and redirects, which are never followed.
 */
export function failureOfStatus(status: number): UpstreamFailure | undefined {
  if (status !== 401 && status !== 403 && status !== 407 && (status < 300 || status > 399)) return undefined;
  const message = 'The upstream refused the gateway. An administrator has to look at the provider account.';
  return { refusal: new Refusal('upstream_error', 'granted', message), errorType: `upstream_${status}` };
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  const { code, name } = error as { code?: unknown; name?: unknown };
  if (typeof code === 'string') return code;
  return typeof name === 'string' ? name : 'unknown';
}
