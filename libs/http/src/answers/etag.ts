import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { problem } from '../problems/problem.js';

/** The entity tag of a stream's version. */
export const etagOf = (version: number): string => `"${version}"`;

/**
 * The version that `If-Match` names; undefined for `*`, or for no header where it is optional.
 * @throws ProblemError 428 without the header, 412 for a tag that was never one of ours: it cannot be current.
 */
export function expectedVersion(header: string | undefined, required = true): number | undefined {
  if (header === undefined) {
    if (!required) return undefined;
    throw problem(428, 'precondition/required', 'Send the ETag that you read as If-Match.');
  }
  const tag = header.trim();
  if (tag === '*') return undefined;
  const version = /^"(\d{1,15})"$/.exec(tag)?.[1];
  if (version === undefined) throw problem(412, 'precondition/failed', 'It has changed since; read it again.');
  return Number(version);
}

const header = (context: ExecutionContext): string | undefined =>
  context.switchToHttp().getRequest<FastifyRequest>().headers['if-match'];

/** Parameter: the expected version (`number`, or undefined for `*`). Without the header the answer is 428. */
export const IfMatch = createParamDecorator((_: unknown, context) => expectedVersion(header(context)));

/** Parameter: the expected version, or undefined when the caller expects none. */
export const OptionalIfMatch = createParamDecorator((_: unknown, context) => expectedVersion(header(context), false));
