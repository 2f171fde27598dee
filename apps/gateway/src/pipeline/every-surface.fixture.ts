import { boundary, field, file, formOf } from '../body/form/form.fixture.js';
import type { Gateway } from './pipeline.fixture.js';
import { document } from './surfaces.fixture.js';

type Surface = {
  path: string;
  model: string;
  account: string;
  body: object;
  operation: string;
  streams: boolean;
  /** The file of a surface whose body is a form. */
  file?: string;
};
const messages = [{ role: 'user', content: 'hi' }];
const images = { model: 'openai/image', body: { prompt: 'hi' }, operation: 'images', streams: true };
const audio = { model: 'openai/audio', body: {}, operation: 'audio', streams: true };

/** Every way to a model, each with a model that user_dev may call there. */
export const everySurface: readonly Surface[] = [
  { path: '/chat/completions', model: 'openai/chat', body: { messages }, operation: 'chat', streams: true },
  { path: '/chat/completions', model: 'anthropic/claude', body: { messages }, operation: 'chat', streams: true },
  { path: '/completions', model: 'openai/completion', body: { prompt: 'a' }, operation: 'completions', streams: true },
  { path: '/responses', model: 'openai/chat', body: { input: 'hi' }, operation: 'responses', streams: true },
  { path: '/embeddings', model: 'openai/embedding', body: { input: 'hi' }, operation: 'embeddings', streams: false },
  { path: '/moderations', model: 'openai/moderation', body: { input: 'hi' }, operation: 'moderations', streams: false },
  { path: '/messages', model: 'anthropic/claude', body: { messages }, operation: 'messages', streams: true },
  {
    path: '/messages/count_tokens',
    model: 'anthropic/claude',
    body: { messages },
    operation: 'messages',
    streams: false,
  },
  { ...images, path: '/images/generations' },
  { ...images, path: '/images/edits', file: 'image' },
  { ...images, path: '/images/variations', streams: false, file: 'image' },
  { ...audio, path: '/audio/speech', body: { input: 'hi', voice: 'alloy' }, streams: false },
  { ...audio, path: '/audio/transcriptions', file: 'file' },
  { ...audio, path: '/audio/translations', streams: false, file: 'file' },
].map((surface) => ({ ...surface, account: surface.model.split('/')[0] ?? '' }));

/** Below both prefixes, plain and streamed. */
export const modes = everySurface.flatMap((surface) =>
  ['/v1', '/api/llm'].flatMap((prefix) =>
    (surface.streams ? [false, true] : [false]).map((stream) => ({ ...surface, prefix, stream })),
  ),
);
export type Mode = (typeof modes)[number];

/** A model that is granted to user_dev by name, and has no environment. */
export const untagged = ['openai', 'anthropic'].map((account) =>
  document('Model', `${account}/untagged`, {
    upstreamModel: 'up',
    types: ['chat', 'completion', 'embedding', 'moderation', 'image', 'audio'],
    cost: { inputPerMillion: '1', outputPerMillion: '1', currency: 'USD' },
    grants: [{ subjects: ['user:user_dev'], actions: ['model:invoke'] }],
  }),
);

/** Keeps user_dev from whatever says of itself that it is forbidden. */
export const noneForbidden = [
  document('Role', 'none-forbidden', {
    statements: [
      {
        id: 'forbidden',
        effect: 'deny',
        actions: ['model:invoke'],
        resources: ['model:*/*'],
        when: [{ attr: 'request.metadata.forbidden', exists: true }],
      },
    ],
  }),
  document('RoleBinding', 'none-forbidden', { subjects: ['user:user_dev'], roles: ['none-forbidden'] }),
];

type Ask = {
  readonly key?: string;
  readonly model?: string;
  readonly body?: string;
  /** The same where a body is a form. */
  readonly form?: Buffer<ArrayBuffer>;
  /** The header `gatehouse-metadata`. */
  readonly metadata?: string;
};
type Case = {
  readonly what: string;
  readonly ask: (edge: Gateway, mode: Mode) => Ask;
  readonly answer: string;
  /** Where a form has another word for it. */
  readonly answerOfForm?: string;
};
const otherType = ({ path }: Mode) => (path === '/embeddings' ? 'openai/chat' : 'openai/embedding');

/** One corpus for all of them: what is refused on one surface is refused on each, in the same words. */
export const corpus: readonly Case[] = [
  { what: 'no credential', ask: () => ({ key: '' }), answer: '401 missing_credentials' },
  { what: 'a revoked key', ask: ({ keys }) => ({ key: keys.revoked }), answer: '401 invalid_api_key' },
  { what: 'a suspended tenant’s key', ask: ({ keys }) => ({ key: keys.gone }), answer: '401 invalid_api_key' },
  { what: 'nobody’s key', ask: ({ keys }) => ({ key: keys.nobody }), answer: '403 model_not_allowed' },
  {
    what: 'an ungranted model',
    ask: (_edge, { account }) => ({ model: `${account}/secret` }),
    answer: '403 model_not_allowed',
  },
  {
    what: 'an unknown model',
    ask: (_edge, { account }) => ({ model: `${account}/x` }),
    answer: '403 model_not_allowed',
  },
  {
    what: 'a model without an environment',
    ask: (_edge, { account }) => ({ model: `${account}/untagged` }),
    answer: '403 untagged_resource',
  },
  {
    what: 'a key of another environment',
    ask: ({ keys }) => ({ key: keys.narrowed({ environments: ['staging'] }) }),
    answer: '403 environment_not_allowed',
  },
  {
    what: 'a key of another operation',
    ask: ({ keys }, { operation }) => ({
      key: keys.narrowed({ operations: [operation === 'images' ? 'audio' : 'images'] }),
    }),
    answer: '403 action_not_allowed',
  },
  {
    what: 'a key of another model',
    ask: ({ keys }) => ({ key: keys.narrowed({ models: ['main/*'] }) }),
    answer: '403 model_not_allowed',
  },
  {
    what: 'a key of other addresses',
    ask: ({ keys }) => ({ key: keys.narrowed({ cidrs: ['10.0.0.0/8'] }) }),
    answer: '403 ip_not_allowed',
  },
  {
    what: 'a model of another type',
    ask: (_edge, mode) => ({ model: otherType(mode) }),
    answer: '400 invalid_request',
  },
  {
    what: 'a model named twice',
    ask: (_edge, { model }) => ({
      body: `{"model":"${model}","model":"openai/secret"}`,
      form: formOf([field('model', model), field('model', 'openai/secret')]),
    }),
    answer: '400 ambiguous_body',
  },
  {
    what: 'a model named once more in another spelling',
    ask: (_edge, { model }) => ({
      body: `{"\\u006dodel":"openai/secret","model":"${model}"}`,
      form: formOf([field('model[]', 'openai/secret'), field('model', model)]),
    }),
    answer: '400 ambiguous_body',
  },
  {
    what: 'further models',
    ask: (_edge, { model }) => ({
      body: `{"model":"${model}","models":["openai/secret"]}`,
      form: formOf([field('model', model), field('models', '["openai/secret"]')]),
    }),
    answer: '400 invalid_request',
  },
  {
    what: 'metadata that is no JSON',
    ask: () => ({ metadata: '{"project":' }),
    answer: '400 invalid_metadata',
  },
  {
    what: 'metadata that a condition denies',
    ask: () => ({ metadata: '{"forbidden":""}' }),
    answer: '403 model_not_allowed',
  },
  { what: 'no account', ask: () => ({ model: 'gpt' }), answer: '400 missing_provider_account' },
  {
    what: 'no model',
    ask: () => ({ body: '{"messages":[]}', form: formOf([file('file')]) }),
    answer: '400 missing_model',
  },
  { what: 'null', ask: () => ({ body: 'null', form: Buffer.from('null') }), answer: '400 invalid_request' },
  {
    what: 'half of a body',
    ask: (_edge, { model }) => ({ body: '{"model":', form: formOf([field('model', model)]).subarray(0, -9) }),
    answer: '400 invalid_json',
    answerOfForm: '400 invalid_request',
  },
];

/** Asks so, as user_dev where it is not said who. */
export function answerTo(
  edge: Gateway,
  mode: Mode,
  { key, model = mode.model, body, form, metadata }: Ask,
): Promise<Response> {
  const authorization = key === undefined ? `Bearer ${edge.keys.dev}` : key && `Bearer ${key}`;
  const type = mode.file === undefined ? 'application/json' : `multipart/form-data; boundary=${boundary}`;
  const sent = mode.file === undefined ? (body ?? wholeBody(mode, model)) : (form ?? wholeForm(mode, model));
  const said = metadata !== undefined && { 'gatehouse-metadata': metadata };
  const headers = { ...(authorization && { authorization }), ...said, 'content-type': type };
  return fetch(`${edge.url}${mode.prefix}${mode.path}`, { method: 'POST', headers, body: sent });
}

function wholeBody({ stream, path, body }: Mode, model: string): string {
  const streamed = path === '/audio/speech' ? {} : { stream };
  return JSON.stringify({ model, ...streamed, max_tokens: 4, ...body });
}

function wholeForm({ stream, file: name = '', body }: Mode, model: string): Buffer<ArrayBuffer> {
  const texts = Object.entries({ model, stream: String(stream), ...body });
  return formOf([file(name), ...texts.map(([named, value]) => field(named, String(value)))]);
}
