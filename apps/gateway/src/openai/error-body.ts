import { statusOfCode, type AnswerCode } from '../refusals/refusal.js';

/** OpenAI's `type` of an error, by status. */
function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'server_error';
}

/** OpenAI's error object, as its SDKs read it. */
export function errorBody(code: AnswerCode, message: string, param: string | null): string {
  return JSON.stringify({ error: { message, type: typeOf(statusOfCode(code)), code, param } });
}

/**
 * The end of a stream that broke. SDKs raise on an event with `error`; the lines before it end whatever event was cut,
 * and no `[DONE]` follows.
 */
export function streamError(code: AnswerCode, message: string): string {
  return `\n\ndata: ${errorBody(code, message, null)}\n\n`;
}
