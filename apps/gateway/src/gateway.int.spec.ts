import type { RequestListener, ServerResponse } from 'node:http';
import { RoutePaths, type RunningService } from '#libs/http';
import { leastMs, waitFor } from '#libs/testing';
import { Validator } from '@seriousme/openapi-schema-validator';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chatPolicy, dataDirectory, SpecBus, startGateway } from './gateway.fixture.js';
import { answering, chat } from './pipeline/pipeline.fixture.js';
import { serving } from './relay/relay.fixture.js';
import { issuerKey, OWN_ISSUER_ID } from '#libs/contracts';
import { modelRoutes, publicRoutes } from './routes/route-table.js';

/** How soon a key is refused after its revocation is on the bus. */
const SOON_MS = 1_000;

const spec = new SpecBus();
let data: Awaited<ReturnType<typeof dataDirectory>>;
let gateway: RunningService;
let user: Awaited<ReturnType<SpecBus['user']>>;
let upstream: RequestListener = answering;
const providerKeys: (string | undefined)[] = [];
let closeUpstream: () => void;

beforeAll(async () => {
  data = await dataDirectory();
  await spec.open();
  const { server, url } = await serving((request, response) => {
    providerKeys.push(request.headers.authorization);
    upstream(request, response);
  }, false);
  closeUpstream = () => server.close();
  user = await spec.user('user_dev');
  await spec.policy(chatPolicy(`${url}/v1`, ['user:user_dev']));
  await spec.providerKey('main', url, 'sk-of-the-account');
  gateway = await startGateway(spec, data.path);
  await ready();
});
afterAll(async () => {
  await gateway.close();
  closeUpstream();
  await spec.close();
  await data.remove();
});

const ready = () =>
  waitFor(async () => (await fetch(`${gateway.url}/readyz`)).status === 200, {
    timeoutMs: 60_000,
    what: 'the gateway',
  });
const ask = (key = user.text) =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify(chat),
  });

it('serves a granted call from what the bus says, and each decision and call is on the bus with the answer’s id', async () => {
  const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: user.text, maxRetries: 0 });
  const { data: answer, response } = await openai.chat.completions.create(chat).withResponse();
  expect(answer.choices[0]?.message.content).toBe('hello');
  expect(providerKeys.at(-1)).toBe('Bearer sk-of-the-account');
  const refused = await ask('nonsense');
  const ids = [response, refused].map(({ headers }) => headers.get('gatehouse-decision-id'));
  const records = await spec.recorded((found) => found.length >= 3, 60_000);
  expect(
    records
      .filter(({ type }) => type === 'access.decided')
      .map(({ decision_id }) => decision_id)
      .toSorted(),
  ).toEqual(ids.toSorted());
  expect(records.find(({ type }) => type === 'call.completed')).toMatchObject({
    decision_id: ids[0],
    input_tokens: 3,
    replica: 'gateway-1',
  });
  expect(JSON.stringify(records)).not.toMatch(/sk-of-the-account/u);
});

it('has no framework route but the public ones', () => {
  const paths = gateway.app
    .get(RoutePaths)
    .list()
    .filter(({ method }) => method === 'GET');
  expect(paths.map(({ path }) => path).toSorted()).toEqual(publicRoutes.map(({ path }) => path).toSorted());
});

it('says where its tokens come from as soon as that is on the bus, of each prefix by its name', async () => {
  const path = '/.well-known/oauth-protected-resource';
  const read = async (suffix = '') => (await fetch(`${gateway.url}${path}${suffix}`)).json();
  const keys = [{ kid: 'k1', algorithm: 'ES256', jwk: { kty: 'EC' } }];
  const lists = { audiences: [], tokenTypes: ['at+jwt'], keys, mappings: [] };
  const times = { keysUntil: null, lifetimeSecondsMax: 3_600, notBefore: null };
  const own = { id: OWN_ISSUER_ID, tenantId: 'platform', status: 'active', issuer: 'https://identity.example' };
  await spec.write(spec.topics.identityState, { [issuerKey(OWN_ISSUER_ID)]: { ...own, ...lists, ...times } });
  const isTold = async () =>
    ((await read()) as { authorization_servers?: string[] }).authorization_servers !== undefined;
  await waitFor(isTold, { what: 'the issuer' });
  const whole = (await read()) as { resource: string };
  expect(whole).toHaveProperty('authorization_servers', [own.issuer]);
  for (const prefix of ['/v1', '/api/llm']) {
    expect(await read(prefix)).toEqual({ ...whole, resource: whole.resource + prefix });
  }
  expect((await fetch(`${gateway.url}${path}/v2`)).status).toBe(404);
});

it('says what it answers, in a document that is valid and kept in docs/reference/openapi', async () => {
  const text = await (await fetch(`${gateway.url}/openapi.json`)).text();
  const document = JSON.parse(text) as { paths: Record<string, object> };
  expect((await new Validator().validate(document)).errors ?? []).toEqual([]);
  expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(modelRoutes.map(({ path }) => `/api/llm${path}`)));
  await expect(`${JSON.stringify(document, undefined, 2)}\n`).toMatchFileSnapshot(
    '../../../docs/reference/openapi/gateway.json',
  );
});

it('shows metrics without naming anybody', async () => {
  await ask('nonsense');
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  expect(text).toContain('gatehouse_refusals_total{code="invalid_api_key"}');
  expect(text).not.toMatch(/acme|user_dev|gh_/u);
});

it('refuses a key soon after its revocation is on the bus', async () => {
  const revocationMs = async () => {
    const other = await spec.user('user_dev');
    await waitFor(async () => (await ask(other.text)).status === 200);
    await other.setStatus('revoked');
    const revokedAtMs = performance.now();
    await waitFor(async () => (await ask(other.text)).status === 401, { everyMs: 5 });
    return performance.now() - revokedAtMs;
  };
  expect(await leastMs(SOON_MS, revocationMs)).toBeLessThan(SOON_MS);
});

it('waits for a position that a caller was told, and serves what it made true', async () => {
  const fresh = await spec.user('user_dev');
  const position = await spec.write(spec.topics.identityState, {});
  const answer = await fetch(`${gateway.url}/v1/models`, {
    headers: { 'api-key': fresh.text, 'gatehouse-min-position': `identity:${position}` },
  });
  // Only a caller who is known here already can wait; the write before is in force within the same bound.
  expect([200, 401]).toContain(answer.status);
  await waitFor(async () => (await ask(fresh.text)).status === 200);
  const far = await fetch(`${gateway.url}/v1/models`, {
    headers: { 'api-key': fresh.text, 'gatehouse-min-position': 'identity:99999999' },
  });
  expect(far.status).toBe(503);
});

it('lets a call under way end when it stops, goes on from its snapshot, and keeps a revoked key revoked', async () => {
  const revoked = await spec.user('user_dev');
  await revoked.setStatus('revoked');
  const asked = Promise.withResolvers<ServerResponse>();
  upstream = (_request, response) => asked.resolve(response);
  const underWay = ask();
  const response = await asked.promise;
  const closing = gateway.close();
  await waitFor(async () => (await ask().catch(() => 'refused')) === 'refused');
  response.end('{"choices":[]}');
  expect((await underWay).status).toBe(200);
  await closing;
  upstream = answering;
  const log: string[] = [];
  gateway = await startGateway(spec, data.path, log);
  await ready();
  expect(log.join('')).toContain('goes on from the snapshot file');
  expect(log.join('')).not.toMatch(/gh_pat|sk-of-the-account/u);
  expect((await ask()).status).toBe(200);
  expect((await ask(revoked.text)).status).toBe(401);
});
