import type { RequestListener } from 'node:http';
import type { RefusalCode } from '#libs/contracts';
import { SpoolUnwritable } from '#libs/spool';
import type { PolicyDocument } from '#libs/policy-language';
import { post, type Gateway } from './pipeline.fixture.js';
import { answeringWith, document, surfaces } from './surfaces.fixture.js';
import { token, trustTokens } from './token.fixture.js';

/** How one code comes about, for a client of either dialect whose user_dev asks for `model` where it says nothing else. */
export type Provocation = {
  readonly answer?: RequestListener;
  readonly policy?: readonly PolicyDocument[];
  /** What is wrong with the gateway. */
  readonly arrange?: (edge: Gateway) => void | Promise<void>;
  readonly key?: (edge: Gateway) => string | Promise<string>;
  /** Takes away or adds headers; `null` takes away. */
  readonly headers?: (edge: Gateway) => Readonly<Record<string, string | null>>;
  /** In the account of the dialect's provider. */
  readonly model?: string;
  /** Fields beside the usual ones, or a text in the place of the body. */
  readonly body?: object | string | ((model: string) => string);
  readonly method?: 'get' | 'post';
  readonly path?: string;
};

/** Limits have a spec of their own. */
type Elsewhere = 'rate_limit_exceeded' | 'budget_exceeded' | 'limits_unavailable';

const settings = (spec: object) => [document('TenantSettings', 'settings', spec)];
const narrowed =
  (restrictions: object) =>
  ({ keys }: Gateway) =>
    keys.narrowed(restrictions);
const wrongKey = ({ keys }: Gateway) => keys.dev.replace(/.{6}$/u, 'aaaaaa');
const accounts = ['openai', 'anthropic'];
const models = (name: string, tags?: object) =>
  accounts.map((account) =>
    document(
      'Model',
      `${account}/${name}`,
      { upstreamModel: 'up', types: ['chat'], grants: [{ subjects: ['user:user_dev'], actions: ['model:invoke'] }] },
      tags,
    ),
  );
/** A route in front of each model, that gives it no time. */
const impatient = ['openai/chat', 'anthropic/claude'].map((model) => {
  const targets = [{ model, priority: 0, attemptTimeoutMs: 50 }];
  const name = model.replace('/', '-');
  return document('Route', name, { model, strategy: 'priority', targets }, { env: 'development' });
});

export const provocations: Readonly<Record<Exclude<RefusalCode, Elsewhere>, Provocation>> = {
  invalid_json: { body: '{"model":' },
  invalid_request: { body: '[]' },
  ambiguous_body: { body: (model) => `{"model":"${model}","model":"${model}"}` },
  missing_model: { body: '{"messages":[]}' },
  missing_provider_account: { body: '{"model":"gpt","messages":[]}' },
  missing_metadata: { policy: settings({ requiredMetadata: { project: '*' } }) },
  invalid_metadata: { body: { metadata: { project: 7 } } },
  ambiguous_credentials: { headers: ({ keys }) => ({ 'api-key': keys.nobody }) },
  missing_credentials: { headers: () => ({ authorization: null, 'x-api-key': null }) },
  invalid_api_key: { key: wrongKey },
  invalid_token: { arrange: trustTokens, key: () => token({ exp: 1 }) },
  model_not_allowed: { model: 'secret' },
  environment_not_allowed: { key: narrowed({ environments: ['staging'] }) },
  action_not_allowed: { key: narrowed({ operations: ['embeddings'] }) },
  untagged_resource: { model: 'untagged', policy: models('untagged') },
  insufficient_scope: { arrange: trustTokens, key: () => token({ scope: 'model:list' }) },
  ip_not_allowed: { key: narrowed({ cidrs: ['10.0.0.0/8'] }) },
  not_found: { path: '/unknown' },
  method_not_allowed: { method: 'get' },
  body_too_large: { body: { user: 'x'.repeat(200_000) } },
  upstream_error: { answer: (_request, response) => response.destroy() },
  upstream_timeout: { answer: () => undefined, policy: impatient },
  snapshot_stale: { arrange: ({ state }) => void (state.fresh = { serve: false, staleMs: 1 }) },
  not_ready: { arrange: ({ state }) => void (state.ready = false) },
  audit_unavailable: { arrange: ({ spool }) => void (spool.breaks = new SpoolUnwritable('bound')) },
  circuit_open: { answer: (_request, response) => response.destroy(), arrange: openCircuits },
};

/** Has both upstreams fail until they are left alone, and lets most of that time go by. */
async function openCircuits(edge: Gateway): Promise<void> {
  const messages = [{ role: 'user', content: 'hi' }];
  for (const [path, model] of [
    ['/v1/chat/completions', 'openai/chat'],
    ['/v1/messages', 'anthropic/claude'],
  ] as const) {
    let code = '';
    for (let calls = 0; code !== 'circuit_open' && calls < 100; calls += 1) {
      const answer = await post(edge, { model, max_tokens: 1, messages }, {}, path);
      code = ((await answer.json()) as { error: { code: string } }).error.code;
    }
  }
  edge.pass(4_900);
}

/** A gateway on which one code is to be had. */
export async function provoked({ answer = answeringWith('{}').listener, policy = [], arrange }: Provocation) {
  const edge = await surfaces(answer, policy);
  await arrange?.(edge);
  return edge;
}
