import type { Route } from '#libs/access';
import { answersOf } from '#libs/http';
import { parametersOf } from './route-parameters.js';

/** Statuses of the problems that a route may answer: those of its form, and those that it declares. */
export function problemsOf(route: Route): number[] {
  const { isPublic, isConditional, method, path } = route;
  const { hasBody, query } = parametersOf(route);
  const isWrite = method !== 'GET';
  return [
    ...new Set([
      // Credentials twice, a position that cannot be read.
      ...(isPublic ? [] : [400, 401, 403, 404, 503]),
      ...(query || hasBody ? [400] : []),
      ...(path.includes(':') ? [404] : []),
      ...(hasBody ? [413, 415] : []),
      // A race that was lost, and an `Idempotency-Key` that is in use or came with something else.
      ...(isWrite ? [409] : []),
      ...(method === 'POST' ? [422] : []),
      ...(isConditional ? [412, 428] : []),
      ...(answersOf(route.declaration)?.problems ?? []),
    ]),
  ].sort((a, b) => a - b);
}
