import { RESOURCE_METADATA_PATH } from '#libs/access';
import { keptUpstream } from '../body/kept-upstream.js';
import type { ModelRoute, PublicRoute } from './route.js';

const credentials = ['pat', 'vak', 'token'] as const;
const openai = { dialect: 'openai', method: 'POST', credentials, action: 'model:invoke', metering: 'usage' } as const;
const anthropic = {
  ...openai,
  dialect: 'anthropic',
  operation: 'messages',
  modelTypes: ['chat'],
  hostedTools: true,
  refuses: { container: keptUpstream },
} as const;
const images = { ...openai, operation: 'images', modelTypes: ['image'] } as const;
const audio = { ...openai, operation: 'audio', modelTypes: ['audio'] } as const;
const list = {
  ...openai,
  method: 'GET',
  action: 'model:list',
  metering: 'none',
  operation: 'models',
  modelTypes: [],
  requires: [],
} as const;

/** Every route that models are reached by. A path that is not here is 404 before anything else is looked at. */
export const modelRoutes: readonly ModelRoute[] = [
  {
    ...openai,
    id: 'chat.completions',
    path: '/chat/completions',
    operation: 'chat',
    modelTypes: ['chat'],
    requires: ['messages'],
  },
  {
    ...openai,
    id: 'completions',
    path: '/completions',
    operation: 'completions',
    modelTypes: ['completion', 'chat'],
    requires: ['prompt'],
  },
  {
    ...openai,
    id: 'responses',
    path: '/responses',
    operation: 'responses',
    modelTypes: ['chat'],
    requires: ['input', 'prompt'],
    storedPrompts: true,
    hostedTools: true,
    inputItems: true,
    refuses: {
      background: 'an answer that comes later cannot be metered',
      previous_response_id: keptUpstream,
      conversation: keptUpstream,
    },
  },
  {
    ...openai,
    id: 'embeddings',
    path: '/embeddings',
    operation: 'embeddings',
    modelTypes: ['embedding'],
    requires: ['input'],
  },
  {
    ...openai,
    id: 'moderations',
    path: '/moderations',
    operation: 'moderations',
    modelTypes: ['moderation'],
    requires: ['input'],
  },
  { ...images, id: 'images.generations', path: '/images/generations', requires: ['prompt'] },
  { ...images, id: 'images.edits', path: '/images/edits', isForm: true, requires: ['image', 'image[]'] },
  { ...images, id: 'images.variations', path: '/images/variations', isForm: true, requires: ['image'] },
  { ...audio, id: 'audio.speech', path: '/audio/speech', streamFormats: true, requires: ['input'] },
  { ...audio, id: 'audio.transcriptions', path: '/audio/transcriptions', isForm: true, requires: ['file'] },
  { ...audio, id: 'audio.translations', path: '/audio/translations', isForm: true, requires: ['file'] },
  { ...anthropic, id: 'messages', path: '/messages', requires: ['messages'] },
  {
    ...anthropic,
    id: 'messages.count_tokens',
    path: '/messages/count_tokens',
    requires: ['messages'],
    metering: 'free',
  },
  { ...list, id: 'models', path: '/models' },
  { ...list, id: 'models.one', path: '/models/{model}' },
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
