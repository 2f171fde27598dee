import { DomainError } from '#libs/decider';
import { HttpException } from '@nestjs/common';
import { problem, ProblemError, refusal, type ProblemItem } from './problem.js';
import { statusOf } from './status-of.js';

/** Fastify's codes for a body that its own content type does not describe. */
const MALFORMED = new Set([
  'FST_ERR_CTP_EMPTY_JSON_BODY',
  'FST_ERR_CTP_INVALID_JSON_BODY',
  'FST_ERR_CTP_INVALID_CONTENT_LENGTH',
]);

/**
 * What is answered for anything thrown. Only problems, domain errors and exceptions whose body is a problem speak for
 * themselves; a framework's error keeps its status and loses its text, which may repeat parts of the request;
 * everything else is 500 without a word.
 */
export function problemOf(thrown: unknown, own: Readonly<Record<string, number>> = {}): ProblemError {
  if (thrown instanceof ProblemError) return thrown;
  if (thrown instanceof DomainError) return problem(statusOf(thrown.code, own), thrown.code, thrown.message);
  const written = thrown instanceof HttpException ? writtenProblem(thrown) : undefined;
  if (written) return written;
  const code = property(thrown, 'code') ?? property(property(thrown, 'cause'), 'code');
  if (typeof code === 'string' && MALFORMED.has(code)) return refusal('invalid_json', 'The body is not valid JSON.');
  const status = thrown instanceof HttpException ? thrown.getStatus() : property(thrown, 'statusCode');
  if (typeof status === 'number' && status >= 400 && status < 500) return plain(status);
  return new ProblemError(500, 'internal_error', 'Something failed on our side; the request id finds it in our logs.', {
    cause: thrown,
  });
}

/** An exception of Nest's kind that was given a problem as its body. */
function writtenProblem(thrown: HttpException): ProblemError | undefined {
  const body = thrown.getResponse();
  const code = property(body, 'code');
  const detail = property(body, 'detail');
  const errors = property(body, 'errors');
  if (typeof code !== 'string' || typeof detail !== 'string') return undefined;
  return new ProblemError(thrown.getStatus(), code, detail, {
    ...(Array.isArray(errors) && { errors: errors as readonly ProblemItem[] }),
    cause: thrown,
  });
}

/** The problem of a bare client-error status. */
function plain(status: number): ProblemError {
  switch (status) {
    case 401:
      return refusal('missing_credentials', 'This needs credentials.');
    case 403:
      return refusal('action_not_allowed', 'These credentials do not allow this.');
    case 404:
      return refusal('not_found', 'There is nothing here.');
    case 405:
      return refusal('method_not_allowed', 'This path does not take this method.');
    case 413:
      return refusal('body_too_large', 'The body is larger than this path accepts.');
    case 415:
      return problem(415, 'unsupported_media_type', 'This path does not take this content type.');
    default:
      return problem(status, 'invalid_request', 'The request cannot be understood.');
  }
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
