import type { JsonSchema } from '#libs/openapi';
import { METADATA_HEADER } from '../metadata/header-metadata.js';
import { modelRoutes, prefixes } from '../routes/route-table.js';
import type { ModelRoute } from '../routes/route.js';

const text = { type: 'string' };
const model = { ...text, description: '<provider account>/<model>' };
/** OpenAI's form of an error, which its clients raise. */
const error = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'code'],
      properties: { message: text, type: text, code: text, param: { type: ['string', 'null'] } },
    },
  },
};
/** Anthropic's, with a code beside what its clients know. */
const anthropicError = {
  type: 'object',
  required: ['type', 'error'],
  properties: { type: { const: 'error' }, error: { ...error.properties.error, required: ['type', 'message'] } },
};
const refused = ({ dialect }: ModelRoute) => {
  const schema = dialect === 'anthropic' ? anthropicError : error;
  return { description: 'A refusal; `code` says which.', content: { 'application/json': { schema } } };
};
const metadataHeader = {
  name: METADATA_HEADER,
  in: 'header',
  description:
    'What the call is for: a JSON object of texts, 16 at most, names and values of 128 characters at most. Policy reads it; no provider does.',
  schema: text,
};
const REFUSALS = [400, 401, 403, 404, 413, 429, 502, 503, 504] as const;

/** The model routes, in OpenAPI's form and under both of their names. Bodies beyond what is looked at are the provider's. */
export function modelPaths(): JsonSchema {
  const paths = new Map<string, Record<string, JsonSchema>>();
  for (const prefix of prefixes) {
    for (const route of modelRoutes) {
      const path = prefix + route.path;
      paths.set(path, { ...paths.get(path), [route.method.toLowerCase()]: operation(route, prefix) });
    }
  }
  return Object.fromEntries(paths);
}

function operation(route: ModelRoute, prefix: string): JsonSchema {
  const inPath = route.path.includes('{model}')
    ? [{ name: 'model', in: 'path', required: true, description: 'With its slash, or with %2F.', schema: model }]
    : [];
  const minPosition = { $ref: '#/components/parameters/MinPosition' };
  return {
    operationId: `${prefix === '/v1' ? '' : 'llm.'}${route.id}`,
    summary:
      route.method === 'GET' ? 'Shows models that the caller may list and invoke.' : `Calls a model: ${route.id}.`,
    tags: [route.operation],
    parameters: [...inPath, minPosition, metadataHeader],
    ...(route.requires.length > 0 && { requestBody: requestBody(route) }),
    responses: {
      200: { description: 'What the provider answered; models for a list.', content: answered(route) },
      ...Object.fromEntries(REFUSALS.map((status) => [status, refused(route)])),
    },
    security: [{ bearer: [route.action] }],
  };
}

function requestBody({ requires, isForm }: ModelRoute): JsonSchema {
  const properties = { model, ...Object.fromEntries(requires.map((field) => [field, {}])) };
  const anyOf = requires.map((field) => ({ required: [field] }));
  const schema = { type: 'object', required: ['model'], properties, anyOf };
  return { required: true, content: { [isForm ? 'multipart/form-data' : 'application/json']: { schema } } };
}

const streamed: ReadonlySet<string> = new Set(['chat', 'completions', 'responses', 'messages', 'images', 'audio']);

function answered({ operation: asked, metering }: ModelRoute): JsonSchema {
  const json = { 'application/json': { schema: { type: 'object' } } };
  // Sounds and bare transcripts come as what the caller asked for.
  const any = asked === 'audio' ? { '*/*': { schema: text } } : {};
  const isStreamed = streamed.has(asked) && metering === 'usage';
  return { ...json, ...any, ...(isStreamed && { 'text/event-stream': { schema: text } }) };
}
