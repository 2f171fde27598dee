import * as anthropic from '../anthropic/error-body.js';
import * as openai from '../openai/error-body.js';
import type { Dialect } from '../routes/route.js';
import type { AnswerCode } from './refusal.js';

type ErrorForm = {
  errorBody(code: AnswerCode, message: string, param: string | null): string;
  streamError(code: AnswerCode, message: string): string;
};

/** How each dialect's clients expect to be told of an error, and of a stream that broke. */
export const errorForms: Readonly<Record<Dialect, ErrorForm>> = { openai, anthropic };
