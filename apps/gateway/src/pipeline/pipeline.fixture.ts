import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { Authenticator, IdentityView, mintKeyText, Peppers, TokenAuthenticator } from '#libs/access';
import type { Bus } from '#libs/bus';
import { DecisionRecord } from '#libs/contracts';
import { compile, type TenantSnapshot } from '#libs/decision-engine';
import { readDocument, type PolicyDocument } from '#libs/policy-language';
import { SpoolUnwritable, type SpoolRecord } from '#libs/spool';
import { Metrics, silentLogger } from '#libs/telemetry';
import OpenAI from 'openai';
import { onTestFinished } from 'vitest';
import { AddressRules } from '#libs/http';
import { UpstreamOrigins } from '../egress/upstream-origins.js';
import { gatewayMetrics } from '../metrics/gateway-metrics.js';
import { chunk, done, reported, serving, sse, usageEvent } from '../relay/relay.fixture.js';
import { retryBounds, type RetryBounds } from '../routing/retry-bounds.js';
import { circuitBounds, type CircuitBounds } from '../upstreams/circuit.js';
import { UpstreamHealth } from '../upstreams/upstream-health.js';
import { UpstreamTargets } from '../upstreams/upstream-targets.js';
import { sharedUsage } from '../limits/shared-usage.fixture.js';
import type { GatewayParts } from './gateway-parts.js';
import { Pipeline } from './pipeline.js';

const at = '2026-01-01T00:00:00.000Z';
export const providerKey = 'sk-provider-key-of-the-spec';
/** Where the gateway of a spec says that it is reached. */
export const gatewayUrl = 'https://gateway.example';

function principal(kind: 'user' | 'virtual-account', tenantId: string, id: string, more: object): object {
  const empty = { teams: [], groups: [], ownerTeam: null, operator: false };
  return { id, kind, tenantId, status: 'active', epoch: 1, ...empty, ...more };
}

/** Identities of a tenant `acme` with a key for each, beside one whose tenant is suspended. */
export function identities() {
  const peppers = Peppers.parse(`1:${randomBytes(32).toString('base64')}`);
  const view = new IdentityView();
  let offset = 0n;
  // As the feed does: the place first, then the content.
  const put = (key: string, value: object) => {
    offset += 1n;
    view.set(key, { offset, generation: 1, epoch: 1, position: Number(offset) }, false);
    view.apply(key, Buffer.from(JSON.stringify(value)));
  };
  const labels = {};
  const key = (
    tenantId: string,
    ownerId: string,
    status = 'active',
    kind: 'pat' | 'svc' = 'pat',
    restrictions = {},
    keyLabels = labels,
  ) => {
    const { text, keyId } = mintKeyText(kind, 'd');
    const secrets = [{ mac: peppers.mac(text), pepperVersion: 1, until: null }];
    const dates = { issuedAt: at, rotatedAt: null, notBefore: null, expiresAt: null };
    const whose = { keyId, kind, tenantId, ownerId, ownerEpoch: 1 };
    put(`credential/${keyId}`, { ...whose, status, secrets, restrictions, labels: keyLabels, ...dates });
    return text;
  };
  const user = (tenantId: string, id: string) => {
    put(`principal/${id}`, principal('user', tenantId, id, { email: `${id}@x.example`, name: null, labels }));
    return key(tenantId, id);
  };
  put('tenant/acme', { id: 'acme', status: 'active' });
  put('tenant/gone', { id: 'gone', status: 'suspended' });
  const [dev, nobody] = [user('acme', 'user_dev'), user('acme', 'user_nobody')];
  const keys = { dev, nobody, gone: user('gone', 'user_gone'), revoked: key('acme', 'user_dev', 'revoked') };
  /** A further key of user_dev, that reaches no further than these say. */
  const narrowed = (restrictions: object) => key('acme', 'user_dev', 'active', 'pat', restrictions);
  /** A key of a virtual account of that name; both may have labels. */
  const account = (name: string, { ofAccount = {}, ofKey = {} }: { ofAccount?: object; ofKey?: object }) => {
    const id = `va_${name}`;
    put(`principal/${id}`, principal('virtual-account', 'acme', id, { email: null, name, labels: ofAccount }));
    return key('acme', id, 'active', 'pat', {}, ofKey);
  };
  return { view, peppers, put, keys: { ...keys, narrowed, account, svc: key('acme', 'user_dev', 'active', 'svc') } };
}

/** Two models that user_dev may call and one that he may not, served at `baseUrl`. */
export function policyOf(baseUrl: string, settings: object = {}, more: readonly PolicyDocument[] = []): TenantSnapshot {
  const document = (kind: string, name: string, spec: object, tags?: object): PolicyDocument =>
    readDocument({ apiVersion: 'gatehouse/v1', kind, metadata: { name, tenant: 'acme', ...(tags && { tags }) }, spec });
  const model = (name: string, env: string, types: string[]) =>
    document(
      'Model',
      name,
      {
        upstreamModel: name.split('/')[1],
        types,
        cost: { inputPerMillion: '1000', outputPerMillion: '1000', currency: 'USD' },
      },
      { env },
    );
  const documents = [
    document('ProviderAccount', 'main', { provider: 'openai', baseUrl, credential: { secretRef: 'main' } }),
    model('main/gpt', 'development', ['chat']),
    model('main/embed', 'development', ['embedding']),
    model('main/secret', 'production', ['chat']),
    document('RoleBinding', 'dev', { subjects: ['user:user_dev'], roles: ['developer'] }),
    document('TenantSettings', 'settings', settings),
    ...more,
  ];
  return compile({ tenant: 'acme', documents, platformDocuments: [], policyRevision: 7, platformRevision: 2 });
}

/** What a spool was given, in order; `breaks` makes the next record fail. */
export class RecordingSpool {
  readonly records: SpoolRecord[] = [];
  breaks: SpoolUnwritable | undefined;
  syncs = 0;

  append(record: SpoolRecord): void {
    if (this.breaks) throw this.breaks;
    // What audit could not read would be lost.
    DecisionRecord.parse({ ...record, replica: 'gateway-1', boot: 'b', seq: 1 });
    // As in a file: later changes do not reach it.
    this.records.push(structuredClone(record));
  }
  appendJson(_tenantId: string, json: string): void {
    this.append(JSON.parse(json) as SpoolRecord);
  }
  appendUnverified(record: Omit<Extract<SpoolRecord, { type: 'access.decided' }>, 'count'>): { decisionId: string } {
    this.append({ ...record, count: 1 });
    return { decisionId: record.decision_id };
  }
  durable(): Promise<void> {
    this.syncs += 1;
    return this.breaks ? Promise.reject(this.breaks) : Promise.resolve();
  }
}

type GatewayOptions = {
  readonly bus?: Bus;
  readonly circuit?: CircuitBounds;
  readonly retry?: RetryBounds;
  readonly contents?: GatewayParts['contents'];
  /** In place of one that records in memory. */
  readonly writes?: GatewayParts['spool'];
};

/** Nothing is kept of calls. */
const noContents: GatewayParts['contents'] = { begin: () => undefined, end: () => undefined };

/** Serves as it is told, and tells what reached it. */
const upstreamTelling = (requests: string[], answer: RequestListener) =>
  serving((request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`);
    answer(request, response);
  });

/** A whole request path with a bus that stands still, over real HTTP. */
export async function gateway(
  answer: RequestListener = answering,
  settings: object = {},
  { bus, circuit = circuitBounds, retry = retryBounds, contents = noContents, writes }: GatewayOptions = {},
) {
  const upstreamRequests: string[] = [];
  const upstream = await upstreamTelling(upstreamRequests, answer);
  const { view, peppers, put, keys } = identities();
  const spool = new RecordingSpool();
  const origins = new UpstreamOrigins(AddressRules.parse('127.0.0.1'), { connectionsMax: 8, connectTimeoutMs: 1_000 });
  onTestFinished(() => origins.close());
  const place = { offset: 9n, generation: 1, epoch: 1, position: 42 };
  const state = { ready: true, fresh: { serve: true, staleMs: 0 }, waited: 'reached' as 'reached' | 'timeout' };
  const time = { monotonicMs: 0 };
  let snapshot: TenantSnapshot | undefined = policyOf(`${upstream.url}/v1`, settings);
  let credential: string | undefined = providerKey;
  const policy = { snapshot: () => snapshot };
  const bounds = { bodyBytesMax: 100_000, headersTimeoutMs: 5_000, idleTimeoutMs: 5_000, retry };
  const parts: GatewayParts = {
    clock: { nowMs: () => Date.now() },
    logger: silentLogger,
    spool: writes ?? spool,
    policy,
    feed: {
      isReady: () => state.ready,
      freshness: () => state.fresh,
      positions: () => ({ identity: place, policy: place }),
      waitForPosition: () => Promise.resolve(state.waited),
    },
    authenticator: new Authenticator({ identity: view, peppers, policy, accepts: ['pat', 'vak'] }),
    tokens: new TokenAuthenticator({ identity: view, policy, publicUrl: gatewayUrl, accepts: ['pat', 'vak'] }),
    publicUrl: gatewayUrl,
    targets: new UpstreamTargets(origins, { of: () => credential }),
    usage: await sharedUsage(bus),
    health: new UpstreamHealth({ monotonicMs: () => time.monotonicMs, onChange: () => undefined, bounds: circuit }),
    contents,
    trustedProxies: AddressRules.parse(''),
    metrics: gatewayMetrics(new Metrics()),
    bounds,
  };
  const pipeline = new Pipeline(parts);
  const { url } = await serving((request, response) => void pipeline.handle(request, response));
  const set = (next: { snapshot?: TenantSnapshot | undefined; credential?: string | undefined }) => {
    if ('snapshot' in next) snapshot = next.snapshot;
    if ('credential' in next) credential = next.credential;
  };
  /** Lets time go by for what rests of upstreams depend on; ms. */
  const pass = (ms: number) => void (time.monotonicMs += ms);
  return { url, upstreamUrl: `${upstream.url}/v1`, keys, put, spool, state, set, pass, pipeline, upstreamRequests };
}

/** An upstream in good health. */
export const answering: RequestListener = (request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(parts).toString()) as { model: string; stream?: boolean };
    if (body.stream) return response.writeHead(200, sse).end(chunk('a') + chunk('b', 'stop') + usageEvent + done);
    const choices = [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }];
    const data = [{ object: 'embedding', index: 0, embedding: [1, 2] }];
    const text = JSON.stringify({ id: 'x', object: 'y', model: body.model, choices, data, usage: reported });
    return response.writeHead(200, { 'content-type': 'application/json' }).end(text);
  });
};

export type Gateway = Awaited<ReturnType<typeof gateway>>;
export const chat = { model: 'main/gpt', messages: [{ role: 'user' as const, content: 'hi' }] };

/** The stock client, without its retries. */
export const client = ({ url }: Gateway, apiKey: string, prefix = '/v1') =>
  new OpenAI({ baseURL: `${url}${prefix}`, apiKey, maxRetries: 0 });

/** As user_dev, unless the headers say otherwise. */
export const post = (
  { url, keys }: Gateway,
  body: unknown,
  headers: Record<string, string> = {},
  path = '/v1/chat/completions',
) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keys.dev}`, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

/** Status and code of a refusal. */
export async function codeOf(answer: Response): Promise<string> {
  const { error } = (await answer.json()) as { error: { code: string } };
  return `${answer.status} ${error.code}`;
}
