import { setTimeout as pause } from 'node:timers/promises';
import { waitFor } from '#libs/testing';
import { Pool } from 'undici';
import { afterAll, expect, it } from 'vitest';
import { demoKey, gatewayUrl, local, sql } from '../system/system.js';

const REQUESTS = 10_000;
const AT_ONCE = 8;
const WITHIN_MS = 600_000;
/** Requests without a verified credential are counted together above so many a second; these stay below. */
const STRANGERS_APART_MS = 250;

/** What an answer must be, and its decision say. */
type Expected = {
  readonly status: number;
  readonly outcome: 'allow' | 'deny';
  readonly code: string;
  readonly reason: string;
  /** Whether it is a call with an end of its own. */
  readonly isCall?: boolean;
};
type Kind = Expected & {
  readonly name: string;
  /** How many of a hundred requests are such. */
  readonly share: number;
  readonly at: 'gateway' | 'gateway-2' | 'identity' | 'policy' | 'audit';
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

const bearer = (who: string, tenant: 'acme' | 'globex' = 'acme') => ({
  authorization: `Bearer ${demoKey(tenant, who)}`,
});
const allowed = { status: 200, outcome: 'allow', code: '', reason: 'granted' } as const;
const call = { ...allowed, isCall: true } as const;
const denied = (code: string, reason: string, status = 403) => ({ status, outcome: 'deny', code, reason }) as const;
const messages = [{ role: 'user', content: 'Count to three.' }];
const chat = (model: string, more: object = {}) => ({ model, messages, ...more });
const post = (at: Kind['at'], path: string, who: Readonly<Record<string, string>>, body: unknown) =>
  ({ at, method: 'POST', path, headers: who, body }) as const;
const get = (at: Kind['at'], path: string, who: Readonly<Record<string, string>>) =>
  ({ at, method: 'GET', path, headers: who }) as const;

const CHAT = '/v1/chat/completions';
const GPT = 'openai-main/gpt-4';
const EMBEDDING = 'openai-main/text-embedding-3-small';
const anthropic = (who: string) => ({ 'x-api-key': demoKey('acme', who), 'anthropic-version': '2023-06-01' });

/**
 * Every surface, allowed and refused, at two gateways and all services. That no credential of theirs is in any store or log
 * is what `test/security/no-secret-left.e2e.spec.ts` looks for when all other files have run.
 */
const kinds: readonly Kind[] = [
  { name: 'chat', share: 18, ...call, ...post('gateway', CHAT, bearer('manager'), chat(GPT)) },
  {
    name: 'chat elsewhere',
    share: 12,
    ...call,
    ...post('gateway-2', `/api/llm${CHAT.slice(3)}`, bearer('economy'), chat('local/llama-3')),
  },
  {
    name: 'streamed',
    share: 6,
    ...call,
    ...post('gateway-2', CHAT, bearer('manager', 'globex'), chat(GPT, { stream: true })),
  },
  {
    name: 'completion',
    share: 5,
    ...call,
    ...post('gateway', '/v1/completions', bearer('manager'), { model: GPT, prompt: 'Hi.' }),
  },
  {
    name: 'response',
    share: 5,
    ...call,
    ...post('gateway-2', '/v1/responses', bearer('manager'), { model: GPT, input: 'Hi.' }),
  },
  {
    name: 'embedding',
    share: 8,
    ...call,
    ...post('gateway', '/v1/embeddings', bearer('embeddings'), { model: EMBEDDING, input: 'x' }),
  },
  {
    name: 'message',
    share: 6,
    ...call,
    ...post('gateway', '/v1/messages', anthropic('analyst'), chat('anthropic-main/claude', { max_tokens: 16 })),
  },
  { name: 'models', share: 5, ...allowed, ...get('gateway-2', '/v1/models', bearer('viewer')) },
  {
    name: 'ungranted model',
    share: 8,
    ...denied('model_not_allowed', 'no_matching_rule'),
    ...post('gateway', CHAT, bearer('viewer'), chat(GPT)),
  },
  {
    name: 'unknown model',
    share: 4,
    ...denied('model_not_allowed', 'unknown_model'),
    ...post('gateway-2', CHAT, bearer('manager'), chat('openai-main/nope')),
  },
  {
    name: 'another environment',
    share: 4,
    ...denied('model_not_allowed', 'no_matching_rule'),
    ...post('gateway', '/v1/responses', bearer('developer'), { model: GPT, input: 'Hi.' }),
  },
  {
    name: 'ungranted message',
    share: 3,
    ...denied('model_not_allowed', 'no_matching_rule'),
    ...post('gateway-2', '/v1/messages', anthropic('economy'), chat('anthropic-main/claude', { max_tokens: 16 })),
  },
  {
    name: 'another tenant’s model',
    share: 3,
    ...denied('model_not_allowed', 'unknown_model'),
    ...post('gateway', CHAT, bearer('manager'), chat('globex/ft-1')),
  },
  {
    name: 'no model',
    share: 2,
    ...denied('missing_model', 'invalid_request', 400),
    ...post('gateway', CHAT, bearer('manager'), { messages }),
  },
  { name: 'users', share: 3, ...allowed, ...get('identity', '/v1/users?limit=1', bearer('admin')) },
  {
    name: 'users of others',
    share: 2,
    ...denied('action_not_allowed', 'no_matching_rule'),
    ...get('identity', '/v1/users?limit=1', bearer('viewer')),
  },
  { name: 'roles', share: 3, ...allowed, ...get('policy', '/v1/roles?limit=1', bearer('admin')) },
  { name: 'decisions', share: 2, ...allowed, ...get('audit', '/v1/decisions?limit=1', bearer('auditor')) },
  {
    name: 'decisions of others',
    share: 1,
    ...denied('action_not_allowed', 'no_matching_rule'),
    ...get('audit', '/v1/decisions?limit=1', bearer('external')),
  },
];
const stranger: Kind = {
  name: 'no credential',
  share: 0,
  ...denied('missing_credentials', 'credentials_missing', 401),
  ...post('gateway', CHAT, {}, chat(GPT)),
};

const origins = () => ({
  gateway: gatewayUrl(1),
  'gateway-2': gatewayUrl(2),
  identity: local().identity.url,
  policy: local().policy.url,
  audit: local().audit.url,
});
const pools = new Map(Object.entries(origins()).map(([at, url]) => [at, new Pool(url, { connections: AT_ONCE })]));
afterAll(async () => {
  for (const pool of pools.values()) await pool.close();
});

/** `fault`: what was answered instead; '' where it was as it must be. */
type Told = { readonly kind: Kind; readonly id: string; readonly fault: string };

async function send(kind: Kind): Promise<Told> {
  const { at, method, path, headers, body } = kind;
  const pool = pools.get(at);
  if (!pool) throw new RangeError(`there is no ${at}`);
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const json = body === undefined ? {} : { 'content-type': 'application/json' };
  const answer = await pool.request({ method, path, headers: { ...json, ...headers }, ...sent });
  const text = await answer.body.text();
  const fault = answer.statusCode === kind.status ? '' : `${kind.name}: ${answer.statusCode} ${text.slice(0, 200)}`;
  return { kind, id: String(answer.headers['gatehouse-decision-id']), fault };
}

/** The kinds by their shares, mixed: neighbours differ. */
function mixed(): Kind[] {
  const round = kinds.flatMap((kind) =>
    Array.from({ length: kind.share }, (_, index) => ({ kind, at: (index + 0.5) / kind.share })),
  );
  const order = round.toSorted((one, other) => one.at - other.at).map(({ kind }) => kind);
  return Array.from({ length: REQUESTS }, (_, index) => order[index % order.length] as Kind);
}

async function sendAll(): Promise<Told[]> {
  const told: Told[] = [];
  const queue = mixed();
  const over = new AbortController();
  const worker = async () => {
    for (let kind = queue.pop(); kind; kind = queue.pop()) told.push(await send(kind));
  };
  // Each in the place of another, so that the sum stays.
  const strangers = async () => {
    while (!over.signal.aborted && queue.pop()) {
      told.push(await send(stranger));
      await pause(STRANGERS_APART_MS);
    }
  };
  const apart = strangers();
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  over.abort();
  await apart;
  return told;
}

type Row = { id: string; outcome: string; code: string; reason: string; n: number };
const stored = async (since: string) =>
  sql<Row>(
    `SELECT toString(decision_id) AS id, any(outcome) AS outcome, any(code) AS code, any(reason) AS reason,
      toUInt32(count()) AS n FROM decisions WHERE at >= parseDateTime64BestEffort({since:String}, 3) GROUP BY id`,
    { since },
  );
type Said = { readonly outcome: string; readonly code: string; readonly reason: string };
const said = ({ outcome, code, reason }: Said) => `${outcome} ${code} ${reason}`;

it(
  'ten thousand mixed requests over all surfaces are exactly ten thousand decisions, each as it was answered, and one end for each call',
  async () => {
    // What ran before may have stopped parts: it begins when each kind is answered as it must be.
    for (const kind of kinds) {
      const isRight = async () => (await send(kind)).fault === '';
      await waitFor(isRight, { timeoutMs: 60_000, what: `${kind.name} to be answered ${kind.status}` });
    }
    const since = new Date(Date.now() - 1_000).toISOString();
    const told = await sendAll();
    expect(told.flatMap(({ fault }) => fault || []).slice(0, 10)).toEqual([]);
    expect(told).toHaveLength(REQUESTS);
    const ids = new Map(told.map(({ id, kind }) => [id, kind]));
    expect(ids.size).toBe(REQUESTS);
    const own = async () => (await stored(since)).filter(({ id }) => ids.has(id));
    const rows = await waitFor(
      async () => {
        const found = await own();
        return found.length === REQUESTS && found;
      },
      { timeoutMs: 120_000, everyMs: 500, what: 'every decision' },
    );
    expect(rows.filter(({ n }) => n !== 1)).toEqual([]);
    const otherwise = rows.flatMap((row) => {
      const kind = ids.get(row.id) as Kind;
      return said(kind) === said(row) ? [] : [`${kind.name}: ${said(row)} instead of ${said(kind)}`];
    });
    expect([...new Set(otherwise)]).toEqual([]);
    const calls = new Set(told.filter(({ kind }) => kind.isCall).map(({ id }) => id));
    const ends = async () =>
      (
        await sql<{ id: string; n: number }>(
          `SELECT toString(decision_id) AS id, toUInt32(count()) AS n FROM calls
            WHERE at >= parseDateTime64BestEffort({since:String}, 3) GROUP BY id`,
          { since },
        )
      ).filter(({ id }) => ids.has(id));
    const ended = await waitFor(
      async () => {
        const found = await ends();
        return found.length >= calls.size && found;
      },
      { timeoutMs: 120_000, everyMs: 500, what: 'the end of every call' },
    );
    expect(ended.filter(({ id, n }) => n !== 1 || !calls.has(id))).toEqual([]);
  },
  WITHIN_MS,
);
