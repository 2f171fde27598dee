import { STATUS_CODES } from 'node:http';
import type { ProblemError } from './problem.js';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

/** The body of RFC 9457, as text; `type` is a URN, so that no host is promised. */
export function problemBody({ status, code, detail, errors }: ProblemError): string {
  return JSON.stringify({
    type: `urn:gatehouse:problem:${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    code,
    ...(errors.length > 0 && { errors }),
  });
}

/** The headers that a problem's answer carries beside its own. */
export function problemHeaders({ status, headers }: ProblemError): Record<string, string> {
  return {
    'content-type': PROBLEM_CONTENT_TYPE,
    'cache-control': 'no-store',
    ...(status === 401 && { 'www-authenticate': 'Bearer realm="gatehouse"' }),
    ...headers,
  };
}
