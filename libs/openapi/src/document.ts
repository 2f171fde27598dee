import type { Route } from '#libs/access';
import type { Components, JsonSchema } from './json-schema.js';
import { openApiPath, operationOf, problemContent } from './operation.js';
import { referencedComponents } from './referenced-components.js';

/** What a service says of itself. */
export type DocumentInfo = {
  readonly title: string;
  readonly description: string;
  /** Paths that stand before the framework, in OpenAPI's form. */
  readonly paths?: JsonSchema;
};

/** The OpenAPI 3.1 document of a service, made from its routes. The order of paths and schemas is by name. */
export function openApiDocument({ title, description, paths = {} }: DocumentInfo, routes: readonly Route[]) {
  const components: Components = new Map<string, JsonSchema>();
  const items = new Map<string, Record<string, JsonSchema>>();
  const named = new Map<string, number>();
  for (const route of routes) {
    const path = openApiPath(route.path);
    const name = `${route.controller.replace(/Controller$/, '')}.${route.handler}`;
    const count = (named.get(name) ?? 0) + 1;
    named.set(name, count);
    // One handler may stand at several paths, and an id is of one operation.
    const operation = { operationId: count === 1 ? name : `${name}.${count}`, ...operationOf(route, components) };
    items.set(path, { ...items.get(path), [route.method.toLowerCase()]: operation });
  }
  return {
    openapi: '3.1.0',
    info: { title, description, version: '1', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    paths: sorted(new Map([...items, ...Object.entries(paths)])),
    components: {
      ...referencedComponents,
      responses: { Problem: problemResponse(components) },
      schemas: sorted(components),
    },
  };
}

function problemResponse(components: Components): JsonSchema {
  return {
    description: 'What is not a success (RFC 9457); `code` says which it is.',
    headers: { 'x-request-id': { $ref: '#/components/headers/RequestId' } },
    content: problemContent(components),
  };
}

const sorted = <Value>(values: ReadonlyMap<string, Value>): Record<string, Value> =>
  Object.fromEntries([...values].sort(([a], [b]) => (a < b ? -1 : 1)));
