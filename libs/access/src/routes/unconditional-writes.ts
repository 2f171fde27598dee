import type { INestApplicationContext } from '@nestjs/common';
import { listRoutes } from './list-routes.js';

const WRITES: ReadonlySet<string> = new Set(['PATCH', 'PUT', 'DELETE']);

/**
 * Suite for the specs of every application: writes that would overwrite what their caller never saw, one sentence each;
 * an empty list is what to expect. `versionless` are those, as `METHOD /path`, of things that have no ETag to read.
 */
export function unconditionalWrites(app: INestApplicationContext, versionless: readonly string[] = []): string[] {
  const lacking = listRoutes(app)
    .filter(({ method, isConditional }) => WRITES.has(method) && !isConditional)
    .map(({ method, path }) => `${method} ${path}`);
  return [
    ...lacking.filter((route) => !versionless.includes(route)).map((route) => `${route} takes no If-Match`),
    ...versionless.filter((route) => !lacking.includes(route)).map((route) => `${route} is listed, and need not be`),
  ];
}
