import { describe, expect, it } from 'vitest';
import { event, messageStream, plainMessage } from '../anthropic/anthropic.fixture.js';
import { modelRoutes } from '../routes/route-table.js';
import { post, type Gateway } from './pipeline.fixture.js';
import { answeringWith, document, surfaces } from './surfaces.fixture.js';

type Surface = { path: string; model: string; account: string; body: object; operation: string; streams: boolean };
const messages = [{ role: 'user', content: 'hi' }];

/** Every way to a model, each with a model that user_dev may call there. */
const everySurface: readonly Surface[] = [
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
].map((surface) => ({ ...surface, account: surface.model.split('/')[0] ?? '' }));

const modes = everySurface.flatMap((surface) =>
  ['/v1', '/api/llm'].flatMap((prefix) =>
    (surface.streams ? [false, true] : [false]).map((stream) => ({ ...surface, prefix, stream })),
  ),
);
type Mode = (typeof modes)[number];

/** A model that is granted to user_dev by name, and has no environment. */
const untagged = ['openai', 'anthropic'].map((account) =>
  document('Model', `${account}/untagged`, {
    upstreamModel: 'up',
    types: ['chat', 'completion', 'embedding', 'moderation'],
    cost: { inputPerMillion: '1', outputPerMillion: '1', currency: 'USD' },
    grants: [{ subjects: ['user:user_dev'], actions: ['model:invoke'] }],
  }),
);

type Ask = { readonly key?: string; readonly body?: string; readonly model?: string };
type Case = { readonly what: string; readonly ask: (edge: Gateway, mode: Mode) => Ask; readonly answer: string };
const otherType = ({ path }: Mode) => (path === '/embeddings' ? 'openai/chat' : 'openai/embedding');

/** One corpus for all of them: what is refused on one surface is refused on each, in the same words. */
const corpus: readonly Case[] = [
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
    ask: ({ keys }) => ({ key: keys.narrowed({ operations: ['images'] }) }),
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
    ask: (_edge, mode) => ({ body: `{"model":"${mode.model}","model":"openai/secret"}` }),
    answer: '400 ambiguous_body',
  },
  {
    what: 'a model named once more in escapes',
    ask: (_edge, mode) => ({ body: `{"\\u006dodel":"openai/secret","model":"${mode.model}"}` }),
    answer: '400 ambiguous_body',
  },
  {
    what: 'further models',
    ask: (_edge, mode) => ({ body: `{"model":"${mode.model}","models":["openai/secret"]}` }),
    answer: '400 invalid_request',
  },
  { what: 'no account', ask: () => ({ model: 'gpt' }), answer: '400 missing_provider_account' },
  { what: 'no model', ask: () => ({ body: '{"messages":[]}' }), answer: '400 missing_model' },
  { what: 'null', ask: () => ({ body: 'null' }), answer: '400 invalid_request' },
  { what: 'half of a body', ask: () => ({ body: '{"model":' }), answer: '400 invalid_json' },
];

/** A whole stream, as the upstream of a surface sends it. */
function streamOf({ account, operation }: Mode): readonly string[] {
  if (account === 'anthropic') return messageStream;
  if (operation === 'responses') return [event('response.completed', { response: { status: 'completed' } })];
  return ['data: {"choices":[]}\n\n', 'data: [DONE]\n\n'];
}

async function answerTo(edge: Gateway, mode: Mode, { key, body, model = mode.model }: Ask): Promise<Response> {
  const whole = JSON.stringify({ model, stream: mode.stream, max_tokens: 4, ...mode.body });
  const credential = key === undefined ? `Bearer ${edge.keys.dev}` : key && `Bearer ${key}`;
  return post(edge, body ?? whole, { authorization: credential }, `${mode.prefix}${mode.path}`);
}

describe('no surface is weaker than another', () => {
  it('and there is none that is not looked at here', () => {
    const called = modelRoutes.filter(({ metering }) => metering !== 'none').map(({ path }) => path);
    expect(new Set(everySurface.map(({ path }) => path))).toEqual(new Set(called));
  });

  it.each(modes)('below $prefix, $path of $model with stream=$stream', async (mode) => {
    const { listener, sent } = answeringWith(...(mode.stream ? streamOf(mode) : [plainMessage]));
    const edge = await surfaces(listener, untagged);
    const { spool } = edge;
    const said = new Map<string, string>();
    for (const { what, ask, answer } of corpus) {
      const refused = await answerTo(edge, mode, ask(edge, mode));
      const text = await refused.text();
      const { code } = (JSON.parse(text) as { error: { code: string } }).error;
      expect([what, `${refused.status} ${code}`]).toEqual([what, answer]);
      expect(spool.records.at(-1)).toMatchObject({ type: 'access.decided', outcome: 'deny', code });
      said.set(what, text);
    }
    // Each was decided on and recorded once, and none of it is known to any upstream.
    expect(spool.records).toHaveLength(corpus.length);
    expect(sent).toEqual([]);
    expect(said.get('an ungranted model')).toBe(said.get('an unknown model'));

    const allowed = await answerTo(edge, mode, {});
    await allowed.text();
    expect([allowed.status, sent.length]).toEqual([200, 1]);
    expect(spool.records.at(-2)).toMatchObject({ outcome: 'allow', operation: mode.operation, resource: mode.model });
    expect(spool.records.at(-1)).toMatchObject({ type: 'call.completed', stream: mode.stream });
  });
});
