import { RESOURCE_METADATA_PATH } from '#libs/access';
import type { ModelRoute, PublicRoute } from './route.js';

const invoke = {
  dialect: 'openai',
  credentials: ['pat', 'vak', 'token'],
  action: 'model:invoke',
  metering: 'usage',
} as const;
const list = {
  dialect: 'openai',
  credentials: ['pat', 'vak', 'token'],
  action: 'model:list',
  metering: 'none',
} as const;

/** Every route that models are reached by. A path that is not here is 404 before anything else is looked at. */
export const modelRoutes: readonly ModelRoute[] = [
  {
    ...invoke,
    id: 'chat.completions',
    method: 'POST',
    path: '/chat/completions',
    operation: 'chat',
    modelType: 'chat',
    requiredField: 'messages',
  },
  {
    ...invoke,
    id: 'embeddings',
    method: 'POST',
    path: '/embeddings',
    operation: 'embeddings',
    modelType: 'embedding',
    requiredField: 'input',
  },
  { ...list, id: 'models', method: 'GET', path: '/models', operation: 'models', modelType: null, requiredField: null },
  {
    ...list,
    id: 'models.one',
    method: 'GET',
    path: '/models/{model}',
    operation: 'models',
    modelType: null,
    requiredField: null,
  },
];

/** Both are the same routes under another name. */
export const prefixes = ['/v1', '/api/llm'] as const;

export const publicRoutes: readonly PublicRoute[] = [
  { id: 'health', method: 'GET', path: '/healthz' },
  { id: 'ready', method: 'GET', path: '/readyz' },
  { id: 'metrics', method: 'GET', path: '/metrics' },
  { id: 'openapi', method: 'GET', path: '/openapi.json' },
  // RFC 9728: for the gateway, and for each prefix by which a client may know it.
  ...['', ...prefixes].map((suffix) => {
    return { id: `metadata${suffix}`, method: 'GET', path: RESOURCE_METADATA_PATH + suffix } as const;
  }),
];
