import { Refusal } from '../refusals/refusal.js';
import type { FailureCause } from '../routing/fallback-cause.js';

/** None of these was answered in time; of the first nobody was asked anything. */
const timeouts = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT']);

const unconnected = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

export type UpstreamFailure = {
  readonly refusal: Refusal;
  readonly errorType: string;
  readonly causes: readonly FailureCause[];
  /** It was asked and did not answer in time: whether it worked on it, and bills that, is not known. */
  readonly isInDoubt?: boolean;
};

/** What the caller is told when there is no answer to relay. The cause is named by its code: its text may hold addresses. */
export function failureOf(error: unknown): UpstreamFailure {
  const errorType = codeOf(error);
  const refusal = timeouts.has(errorType)
    ? new Refusal('upstream_timeout', 'granted', 'The upstream did not answer in time.')
    : new Refusal('upstream_error', 'granted', 'The upstream could not be reached or broke off.');
  const causes = causesOf(errorType);
  return { refusal, errorType, causes, isInDoubt: causes.includes('timeout') && !causes.includes('connect') };
}

/**
 * Answers that are about the gateway's own account, not about the caller's request: refused credentials, whose text
 * often quotes the provider key, and redirects, which are never followed.
 */
export function failureOfStatus(status: number): UpstreamFailure | undefined {
  if (status !== 401 && status !== 403 && status !== 407 && (status < 300 || status > 399)) return undefined;
  const message = 'The upstream refused the gateway. An administrator has to look at the provider account.';
  return {
    refusal: new Refusal('upstream_error', 'granted', message),
    errorType: `upstream_${status}`,
    causes: [status],
  };
}

/** An answer that its caller is not to see, since the call goes on elsewhere; told all the same where that comes to nothing. */
export function failureOfAttempt(status: number): UpstreamFailure {
  const refusal = new Refusal('upstream_error', 'granted', `The upstream answered ${status}.`);
  return { refusal, errorType: `upstream_${status}`, causes: [status] };
}

/** A connection that was not made in time is both. */
function causesOf(errorType: string): readonly FailureCause[] {
  const causes: FailureCause[] = [];
  if (unconnected.has(errorType)) causes.push('connect');
  if (timeouts.has(errorType)) causes.push('timeout');
  return causes.length > 0 ? causes : ['broken'];
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  const { code, name } = error as { code?: unknown; name?: unknown };
  if (typeof code === 'string') return code;
  return typeof name === 'string' ? name : 'unknown';
}

/** An attempt that had no more time, by what its route says. */
export const attemptTimedOut: UpstreamFailure = {
  refusal: new Refusal('upstream_timeout', 'granted', 'The upstream did not answer in time.'),
  errorType: 'attempt_timeout',
  causes: ['timeout'],
  isInDoubt: true,
};
