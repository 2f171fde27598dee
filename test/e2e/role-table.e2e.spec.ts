import { waitFor } from '#libs/testing';
import { APIError } from 'openai';
import { describe, expect, it } from 'vitest';
import { admin, demoKey, gatewayUrl, local, openai } from '../system/system.js';

const EMBEDDING = 'openai-main/text-embedding-3-small';
const CLAUDE = 'anthropic-main/claude';
const own = [
  'acme/ft-1',
  CLAUDE,
  'dev/llama-3',
  'local/llama-3',
  'local/mistral',
  'openai-main/gpt-4',
  EMBEDDING,
  'shared/ft-a',
  'staging/gpt-4o-mini',
];
/** Of another customer, of another tenant, and of nobody: for everyone the same. */
const never = ['shared/ft-g', 'globex/ft-1', 'openai-main/nope'];
const development = ['dev/llama-3', 'staging/gpt-4o-mini'];
const economy = [...development, 'local/llama-3', 'local/mistral'].toSorted();

type Row = { invoke: readonly string[]; list: readonly string[]; may: readonly Act[] };
type Act =
  | 'prompt edit'
  | 'prompt promote'
  | 'route deploy'
  | 'limits adjust'
  | 'key issue for others'
  | 'policy apply'
  | 'audit read'
  | 'audit own';

/** The table of roles, by the demo users who hold them. */
const table: Readonly<Record<string, Row>> = {
  admin: {
    invoke: own,
    list: own,
    may: [
      'prompt edit',
      'prompt promote',
      'route deploy',
      'limits adjust',
      'key issue for others',
      'policy apply',
      'audit read',
    ],
  },
  manager: {
    invoke: own,
    list: own,
    may: ['prompt edit', 'prompt promote', 'route deploy', 'limits adjust', 'audit read'],
  },
  developer: { invoke: development, list: development, may: ['prompt edit', 'audit own'] },
  contractor: { invoke: development, list: development, may: ['prompt edit', 'audit own'] },
  analyst: {
    invoke: [CLAUDE, 'local/llama-3', 'local/mistral'],
    list: [CLAUDE, 'local/llama-3', 'local/mistral'],
    may: ['audit own'],
  },
  viewer: { invoke: [], list: own, may: ['audit read'] },
  auditor: { invoke: [], list: own, may: ['audit read'] },
  'qa-engineer': { invoke: ['staging/gpt-4o-mini'], list: ['staging/gpt-4o-mini'], may: [] },
  economy: { invoke: economy, list: economy, may: [] },
  embeddings: { invoke: [EMBEDDING], list: [EMBEDDING], may: [] },
  external: { invoke: [], list: [], may: [] },
  'internal-tools': { invoke: ['dev/llama-3'], list: ['dev/llama-3'], may: [] },
  service: { invoke: ['local/llama-3', 'local/mistral'], list: ['local/llama-3', 'local/mistral'], may: [] },
};

/** What says nothing of whether the model exists; and, to whom it is open by another operation, that this one is not. */
const REFUSALS = new Set<unknown>(['model_not_allowed', 'action_not_allowed']);

/** With a stock client. */
async function mayInvoke(key: string, model: string): Promise<boolean> {
  const client = openai(key);
  try {
    if (model === EMBEDDING) await client.embeddings.create({ model, input: 'x' });
    else await client.chat.completions.create({ model, messages: [{ role: 'user', content: 'x' }] });
    return true;
  } catch (error) {
    if (error instanceof APIError && error.status === 403 && REFUSALS.has(error.code)) return false;
    throw error;
  }
}

const administrator = () => demoKey('acme', 'admin');
const document = (kind: string, name: string, spec: object, tags?: object) => {
  const metadata = { name, tenant: 'acme', ...(tags && { tags }) };
  return JSON.stringify({ apiVersion: 'gatehouse/v1', kind, metadata, spec });
};
const apply = (yaml: string, key = administrator()) =>
  admin<{ code?: string; revision?: number }>('policy', 'POST', '/v1/apply', key, { yaml });
const prompt = (name: string, content: string, env: string) =>
  document('Prompt', name, { messages: [{ role: 'user', content }] }, { env });

/** What a user does through the administrative APIs; each answers the status. */
const acts: Readonly<Record<Act, (user: string, key: string) => Promise<number>>> = {
  'prompt edit': async (user, key) => (await apply(prompt(`rt-${user}`, `by ${user}`, 'staging'), key)).status,
  'prompt promote': async (user, key) => {
    // Written by one person; only then can it be promoted by another.
    const author = user === 'developer' ? 'contractor' : 'developer';
    await apply(prompt(`rt-promoted-${user}`, `for ${user}`, 'staging'), demoKey('acme', author));
    return (await apply(prompt(`rt-promoted-${user}`, `for ${user}`, 'production'), key)).status;
  },
  'route deploy': async (user, key) => {
    const spec = { model: `rt-${user}`, strategy: 'priority', targets: [{ model: 'local/llama-3' }] };
    return (await apply(document('Route', `rt-${user}`, spec), key)).status;
  },
  'limits adjust': async (user, key) => {
    const rule = { id: 'rt', when: { subjects: ['team:nobody'] }, limit: 1_000_000, unit: 'requests_per_minute' };
    return (await apply(document('Limits', `rt-${user}`, { rules: [rule] }), key)).status;
  },
  'key issue for others': async (user, key) => {
    const json = { name: `rt ${user}`, owner: 'virtual-account:service', expires_in_seconds: 60 };
    return (await admin('identity', 'POST', '/v1/api-keys', key, { json })).status;
  },
  'policy apply': async (user, key) => {
    const statements = [{ id: 'one', effect: 'allow', actions: ['prompt:read'], resources: ['prompt:*'] }];
    return (await apply(document('Role', `rt-${user}`, { statements }), key)).status;
  },
  'audit read': async (_user, key) => (await admin('audit', 'GET', '/v1/reconciliation', key)).status,
  'audit own': async (_user, key) => {
    const all = await admin('audit', 'GET', '/v1/reconciliation', key);
    const { status } = await admin('audit', 'GET', '/v1/decisions?limit=1', key);
    return all.status === 200 ? 403 : status;
  },
};

describe.each(Object.entries(table))('%s', (user, { invoke, list, may }) => {
  const key = () => demoKey('acme', user);

  it('invokes exactly these models', async () => {
    const outcomes: string[] = [];
    for (const model of [...own, ...never]) if (await mayInvoke(key(), model)) outcomes.push(model);
    expect(outcomes.toSorted()).toEqual(invoke.toSorted());
    const listed = (await openai(key()).models.list()).data.map(({ id }) => id);
    // What may be called and seen both: the account that has only `model:list` sees nothing here.
    expect(listed.toSorted()).toEqual(invoke.filter((model) => list.includes(model)).toSorted());
  });

  it('sees exactly these models', async () => {
    const { status, body } = await admin<{ data?: { metadata: { name: string } }[] }>(
      'policy',
      'GET',
      '/v1/models?limit=100',
      key(),
    );
    const seen = (body.data ?? []).map(({ metadata }) => metadata.name).toSorted();
    expect([status, seen]).toEqual(list.length > 0 ? [200, list.toSorted()] : [403, []]);
  });

  it('does exactly this through the administrative APIs', async () => {
    const done: string[] = [];
    for (const [act, attempt] of Object.entries(acts)) {
      const status = await attempt(user, key());
      expect([act, [200, 201, 202, 403].includes(status)]).toEqual([act, true]);
      if (status !== 403) done.push(act);
    }
    expect(done).toEqual(Object.keys(acts).filter((act) => may.includes(act as Act)));
  });
});

describe('promotion', () => {
  it('by the same person twice is refused, whoever they are', async () => {
    for (const user of ['manager', 'admin']) {
      const name = `rt-twice-${user}`;
      expect((await apply(prompt(name, 'x', 'staging'), demoKey('acme', user))).status).toBe(200);
      const { status, body } = await apply(prompt(name, 'x', 'production'), demoKey('acme', user));
      expect([status, body.code]).toEqual([403, 'promotion/second-person-required']);
    }
  });
});

describe('tags', () => {
  const tagged = (tags: object) =>
    document('Model', 'openai-main/gpt-4-next', { upstreamModel: 'gpt-4', types: ['chat'] }, tags);
  /** After the gateway has what was answered. */
  const invokes = async (user: string, headers: Headers) => {
    const position = String(headers.get('gatehouse-position'));
    const answered = () =>
      fetch(`${gatewayUrl()}/v1/chat/completions`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${demoKey('acme', user)}`,
          'content-type': 'application/json',
          'gatehouse-min-position': position,
          // Whose tenant it is, the credential says.
          'x-tenant': 'globex',
          'gatehouse-tenant': 'globex',
        },
        body: JSON.stringify({ model: 'openai-main/gpt-4-next', messages: [{ role: 'user', content: 'x' }] }),
      }).then(async (answer) => (await answer.text(), answer.status));
    return waitFor(async () => decided(await answered()), { timeoutMs: 60_000 });
  };
  const decided = (status: number) => (status === 200 || status === 403 ? status : undefined);

  it('let a new model in without any policy being edited, and out again, without touching a role', async () => {
    const family = {
      statements: [
        {
          id: 'gpt-4',
          effect: 'allow',
          actions: ['model:invoke'],
          resources: ['model:*/*'],
          when: [{ attr: 'resource.tags.family', eq: 'gpt-4' }],
        },
      ],
    };
    const bound = { subjects: ['user:ext@acme.example'], roles: ['rt-gpt-4'] };
    await apply(`${document('Role', 'rt-gpt-4', family)}\n---\n${document('RoleBinding', 'rt-gpt-4', bound)}`);
    const made = await apply(tagged({ family: 'gpt-4', env: 'production' }));
    expect(await invokes('external', made.headers)).toBe(200);
    expect(await invokes('developer', made.headers)).toBe(403);
    const moved = await apply(tagged({ family: 'gpt-4', env: 'staging' }));
    expect(await invokes('developer', moved.headers)).toBe(200);
    const renamed = await apply(tagged({ family: 'other', env: 'production' }));
    expect([await invokes('external', renamed.headers), await invokes('developer', renamed.headers)]).toEqual([
      403, 403,
    ]);
    for (const path of ['role-bindings/rt-gpt-4', 'models/openai-main/gpt-4-next']) {
      await admin('policy', 'DELETE', `/v1/${path}`, administrator(), { headers: { 'if-match': '*' } });
    }
  });
});

describe('another tenant', () => {
  it('needs data only: it sees the platform’s models of its own, by a boundary on the principal’s tenant', async () => {
    const operator = local().operator.api_key;
    const tenant = `rt-${Date.now().toString(36)}`;
    expect((await admin('identity', 'POST', '/v1/tenants', operator, { json: { name: tenant } })).status).toBe(201);
    type Made = { id: string; value: string };
    const user = await admin<Made>('identity', 'POST', '/v1/users', operator, {
      json: { email: `amy@${tenant}.example`, tenant },
    });
    const issued = await admin<Made>('identity', 'POST', '/v1/api-keys', operator, {
      json: { name: 'rt', owner: `user:${user.body.id}`, tenant },
    });
    const metadata = { name: 'admins', tenant };
    const binding = {
      apiVersion: 'gatehouse/v1',
      kind: 'RoleBinding',
      metadata,
      spec: { subjects: [`user:${user.body.id}`], roles: ['admin'] },
    };
    const bound = await waitFor(
      async () => {
        const answer = await apply(JSON.stringify(binding), operator);
        return answer.status === 200 && answer;
      },
      { timeoutMs: 60_000 },
    );
    expect(bound.body.revision).toBe(1);
    const listed = () =>
      openai(issued.body.value)
        .models.list()
        .then(({ data }) => data.map(({ id }) => id));
    const models = await waitFor(() => listed().catch(() => undefined), { timeoutMs: 60_000 });
    expect(models).toEqual([]);
    const everybodys = {
      apiVersion: 'gatehouse/v1',
      kind: 'Model',
      metadata: { name: 'shared/rt-all', tenant: 'platform', tags: { env: 'production' } },
      spec: { upstreamModel: 'ft-a', types: ['chat'] },
    };
    await apply(JSON.stringify(everybodys), operator);
    await waitFor(async () => (await listed()).join() === 'shared/rt-all', { timeoutMs: 60_000 });
    await admin('policy', 'DELETE', '/v1/models/shared/rt-all?tenant=platform', operator, {
      headers: { 'if-match': '*' },
    });
  });
});
