import { isRecord } from '../../token-count.js';
import type { Json } from './json-at.js';

/** OpenAI's error object for one of Anthropic's, whose types are kept as codes; also for what is no such error. */
export function chatError(answer: unknown): Json {
  const told = isRecord(answer) && isRecord(answer.error) ? answer.error : {};
  const { type, message } = told;
  const code = typeof type === 'string' ? type : 'upstream_error';
  const text = typeof message === 'string' ? message : 'The upstream answered with an error.';
  return { error: { message: text, type: code, param: null, code } };
}
