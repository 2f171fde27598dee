import { statusOfCode, type AnswerCode } from '../refusals/refusal.js';

/** Anthropic's `type` of an error, by status. */
const types: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
};

/** Anthropic's error object, as its SDKs read it; `code` and `param` are ours, and stand beside what they know. */
export function errorBody(code: AnswerCode, message: string, param: string | null): string {
  const status = statusOfCode(code);
  const type = types[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
  return JSON.stringify({ type: 'error', error: { type, message, code, param } });
}

/** The end of a stream that broke: SDKs raise on an event named `error`, and no `message_stop` follows. */
export function streamError(code: AnswerCode, message: string): string {
  return `\n\nevent: error\ndata: ${errorBody(code, message, null)}\n\n`;
}
