import { createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { problem } from '../problems/problem.js';

/** The entity tag of a stream's version. */
export const etagOf = (version: number): string => `"${version}"`;

/**
 * The version that `If-Match` names; undefined for `*`, whatever the version is.
 * @throws ProblemError 428 without the header, 412 for a tag that was never one of ours: it cannot be current.
 */
export function expectedVersion(header: string | undefined): number | undefined {
  if (header === undefined) {
    throw problem(428, 'precondition/required', 'Send the ETag that you read as If-Match, or * for any version.');
  }
  const tag = header.trim();
  if (tag === '*') return undefined;
  const version = /^"(\d{1,15})"$/.exec(tag)?.[1];
  if (version === undefined) throw problem(412, 'precondition/failed', 'It has changed since; read it again.');
  return Number(version);
}

const CONDITIONAL = 'gatehouse:conditional';

const expectedParam = createParamDecorator((_: unknown, context) =>
  expectedVersion(context.switchToHttp().getRequest<FastifyRequest>().headers['if-match']),
);

/**
 * Parameter: the version that the caller read (`number`, or undefined for `*`). Every PATCH, PUT and DELETE of what has
 * an ETag takes it; a request without the header is answered 428 before its handler runs.
 */
export const IfMatch = (): ParameterDecorator => (target, name, index) => {
  const handler = name === undefined ? undefined : (target as Record<PropertyKey, unknown>)[name];
  if (typeof handler === 'function') Reflect.defineMetadata(CONDITIONAL, true, handler);
  expectedParam()(target, name, index);
};

/** Whether a handler takes `If-Match`. */
export const isConditional = (handler: object): boolean => Reflect.getMetadata(CONDITIONAL, handler) === true;
