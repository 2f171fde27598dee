import type { Route } from '#libs/access';
import { STATUS_CODES } from 'node:http';
import type { z } from 'zod';
import { answersOf, PROBLEM_CONTENT_TYPE, type RouteAnswers } from '#libs/http';
import { jsonSchemaIn, type Components, type JsonSchema } from './json-schema.js';
import { problemsOf } from './problems-of.js';
import { parametersOf, type RouteParameters } from './route-parameters.js';
import { Problem } from './schemas.js';

const HEADERS = { 'x-request-id': { $ref: '#/components/headers/RequestId' } };
const GUARDED = { ...HEADERS, 'gatehouse-decision-id': { $ref: '#/components/headers/DecisionId' } };

/** What OpenAPI calls an operation: one method of one path. */
export function operationOf(route: Route, components: Components): JsonSchema {
  const declared = answersOf(route.declaration);
  const found = parametersOf(route);
  const body = requestBody(declared, found, components);
  return {
    ...(declared && { summary: declared.summary }),
    tags: [route.path.split('/')[2] ?? 'service'],
    parameters: parameters(route, found, components),
    ...(body && { requestBody: body }),
    responses: responses(route, declared, components),
    security: route.isPublic ? [] : [{ bearer: [...route.actions] }],
  };
}

/** `/v1/users/:userId` as OpenAPI writes it. */
export const openApiPath = (path: string): string => path.replace(/:(\w+)/g, '{$1}');

function parameters(route: Route, { path, query }: RouteParameters, components: Components): JsonSchema[] {
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: shape(path.get(name), components) ?? { type: 'string' },
  }));
  const { properties = {}, required = [] } = shape(query, components) ?? {};
  const inQuery = Object.entries(properties as Record<string, JsonSchema>).map(([name, schema]) => ({
    name,
    in: 'query',
    required: (required as string[]).includes(name),
    schema,
  }));
  const shared = [
    ...(route.isConditional ? ['IfMatch'] : []),
    ...(route.method === 'POST' && !route.isPublic ? ['IdempotencyKey'] : []),
    ...(route.isPublic ? [] : ['MinPosition']),
  ].map((name) => ({ $ref: `#/components/parameters/${name}` }));
  return [...inPath, ...inQuery, ...shared];
}

const shape = (schema: z.ZodType | undefined, components: Components) =>
  schema && jsonSchemaIn(schema, 'input', components);

function requestBody(declared: RouteAnswers | undefined, { body }: RouteParameters, components: Components) {
  const takes = Object.entries({ ...(body && { 'application/json': body }), ...declared?.takes });
  if (takes.length === 0) return undefined;
  const content = takes.map(([type, schema]) => [type, { schema: jsonSchemaIn(schema, 'input', components) }]);
  const optional = takes.every(([, schema]) => schema.safeParse(undefined).success);
  return { required: !optional, content: Object.fromEntries(content) as object };
}

function responses(route: Route, declared: RouteAnswers | undefined, components: Components): JsonSchema {
  const problems = problemsOf(route);
  const declaredAnswers = Object.entries(declared?.bodies ?? {}).map(([status, schema]) => {
    const content = {
      ...(schema && { [declared?.contentType ?? '']: { schema: jsonSchemaIn(schema, 'output', components) } }),
      // A route for browsers answers its own mistakes by pages, and what follows from its form by problems.
      ...(problems.includes(Number(status)) && problemContent(components)),
    };
    const description = STATUS_CODES[status] ?? 'Answer';
    const headers = route.isPublic ? HEADERS : GUARDED;
    return [status, { description, headers, ...(Object.keys(content).length > 0 && { content }) }];
  });
  const others = [...problems, 'default'].map((status) => [status, { $ref: '#/components/responses/Problem' }]);
  return Object.fromEntries([...others, ...declaredAnswers]) as JsonSchema;
}

/** What every problem is sent as. */
export const problemContent = (components: Components): JsonSchema => ({
  [PROBLEM_CONTENT_TYPE]: { schema: jsonSchemaIn(Problem, 'output', components) },
});
