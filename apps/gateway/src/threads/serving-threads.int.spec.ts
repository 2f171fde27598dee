import { Agent, request as httpRequest } from 'node:http';
import { ToldIdentityView } from '#libs/access';
import type { Replay } from '#libs/bus';
import { ReplicaRecord, type DecisionRecord } from '#libs/contracts';
import type { RunningService } from '#libs/http';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { GatewaySettings } from '../gateway.config.js';
import { chatPolicy, dataDirectory, SpecBus, startGateway } from '../gateway.fixture.js';
import { answering, chat } from '../pipeline/pipeline.fixture.js';
import { serving } from '../relay/relay.fixture.js';
import { ServingThread } from './serving-thread.js';

const THREADS = 3;
/** Enough that the system gives each thread some: one of three has none of 24 with a probability of 2 in 10,000. */
const CONNECTIONS = 24;
const WAIT_MS = 60_000;
const LIMIT = 20;

const spec = new SpecBus();
const agents = Array.from({ length: CONNECTIONS }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
let data: Awaited<ReturnType<typeof dataDirectory>>;
let gateway: RunningService;
let user: Awaited<ReturnType<SpecBus['user']>>;
let closeUpstream: () => void;
let reports: Replay;
/** The position of identity that the replica said last to be in force on it. */
let reported = 0;
/** Every decision that any caller was told of. */
const told: string[] = [];

type Answer = { status: number; body: string; decisionId: string };

/** One request on a connection of its own that is kept, and so always to the same thread. */
function send(connection: number, path: string, key: string, body?: object): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const headers = { authorization: `Bearer ${key}` };
  const agent = agents[connection];
  if (!agent) throw new RangeError('There is no such connection.');
  const request = httpRequest(
    `${gateway.url}${path}`,
    { agent, headers, method: body ? 'POST' : 'GET' },
    (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const decisionId = String(response.headers['gatehouse-decision-id'] ?? '');
        // Refusals of those whom nobody knows are counted together beyond some a second.
        if (body && response.statusCode !== 401) told.push(decisionId);
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString(), decisionId });
      });
    },
  );
  request.on('error', reject);
  request.end(body && JSON.stringify(body));
  return promise;
}
const ask = (connection: number, key = user.text) => send(connection, '/v1/chat/completions', key, chat);
const everywhere = (key?: string) => Promise.all(agents.map((_, connection) => ask(connection, key)));
const statuses = (answers: readonly Answer[]) => [...new Set(answers.map(({ status }) => status))];

beforeAll(async () => {
  data = await dataDirectory();
  await spec.open();
  const { server, url } = await serving(answering, false);
  closeUpstream = () => server.close();
  user = await spec.user('user_dev');
  const limits = {
    apiVersion: 'gatehouse/v1',
    kind: 'Limits' as const,
    metadata: { name: 'few', tenant: 'acme' },
    spec: {
      rules: [
        { id: 'month', when: { subjects: ['user:user_few'] }, limit: LIMIT, unit: 'requests_per_month', per: ['user'] },
      ],
    },
  };
  await spec.policy([...chatPolicy(`${url}/v1`, ['user:user_dev', 'user:user_few']), limits]);
  await spec.providerKey('main', url, 'sk-of-the-account');
  reports = await spec.bus.replay({
    reader: 'spec-replicas',
    topics: [spec.topics.replicas.name],
    onRecords: (batch) => {
      for (const { value } of batch) {
        const { applied } = ReplicaRecord.parse(JSON.parse(String(value)));
        reported = applied[spec.topics.identityState.name]?.position ?? 0;
      }
    },
  });
  gateway = await startGateway(spec, data.path, [], THREADS);
  await waitFor(async () => (await fetch(`${gateway.url}/readyz`)).status === 200, { timeoutMs: WAIT_MS });
}, WAIT_MS * 2);
afterAll(async () => {
  await gateway.close();
  for (const agent of agents) agent.destroy();
  closeUpstream();
  await reports.close();
  await spec.close();
  await data.remove();
});

it('serves on every thread, and answers health, metrics and documents on each as on one', async () => {
  expect(statuses(await everywhere())).toEqual([200]);
  for (const path of ['/healthz', '/readyz', '/openapi.json', '/metrics', '/nowhere']) {
    const answers = await Promise.all(agents.map((_, connection) => send(connection, path, '')));
    expect([path, statuses(answers)]).toEqual([path, [path === '/nowhere' ? 404 : 200]]);
  }
  const { body } = await send(0, '/metrics', '');
  expect(body).toContain(`gatehouse_calls_total{outcome="completed",operation="chat"} ${CONNECTIONS}`);
});

it('refuses a key on every connection as soon as the replica says that it has the revocation', async () => {
  const other = await spec.user('user_dev');
  await waitFor(async () => statuses(await everywhere(other.text)).join() === '200', { timeoutMs: WAIT_MS });
  const position = await other.setStatus('revoked');
  await waitFor(() => reported >= position, { timeoutMs: WAIT_MS });
  expect(statuses(await everywhere(other.text))).toEqual([401]);
});

it('ends a suspended owner’s keys on every thread alike', async () => {
  const other = await spec.user('user_few');
  await waitFor(async () => (await ask(0, other.text)).status === 200, { timeoutMs: WAIT_MS });
  const position = await spec.suspend('user_few');
  await waitFor(() => reported >= position, { timeoutMs: WAIT_MS });
  expect(statuses(await everywhere(other.text))).toEqual([401]);
});

it('lets exactly as many calls through as a limit has, however they fall on the threads', async () => {
  const few = await spec.user('user_few');
  const position = await spec.write(spec.topics.identityState, {});
  await waitFor(() => reported >= position, { timeoutMs: WAIT_MS });
  const seen: number[] = [];
  const passed = () => seen.filter((status) => status === 200).length;
  // One was let through before its owner was suspended.
  const left = LIMIT - 1;
  const round = async () => seen.push(...(await everywhere(few.text)).map(({ status }) => status));
  // What a thread has claimed and does not need comes back to the others within seconds.
  await waitFor(async () => (await round()) > 0 && passed() >= left, { timeoutMs: WAIT_MS });
  await round();
  expect([...new Set(seen)].toSorted()).toEqual([200, 429]);
  expect(passed()).toBe(left);
});

it('has each decision that it told on the bus once, by the spools of all threads', async () => {
  const decided = (records: readonly DecisionRecord[]) => records.filter(({ type }) => type === 'access.decided');
  const isTold = new Set(told);
  const completed = (records: readonly DecisionRecord[]) => records.filter(({ type }) => type === 'call.completed');
  const allowed = (records: readonly DecisionRecord[]) => decided(records).filter(({ outcome }) => outcome === 'allow');
  const records = await spec.recorded(
    (found) =>
      decided(found).filter(({ decision_id: id }) => isTold.has(id)).length >= told.length &&
      completed(found).length >= allowed(found).length,
    WAIT_MS,
  );
  const ids = decided(records).map(({ decision_id: id }) => id);
  expect(ids.filter((id) => isTold.has(id)).toSorted()).toEqual(told.toSorted());
  expect(completed(records)).toHaveLength(allowed(records).length);
  expect(new Set(records.map(({ boot }) => boot)).size).toBeGreaterThanOrEqual(THREADS);
});

it('tells of a thread that ends without having been told to', async () => {
  const gone = Promise.withResolvers<void>();
  const logger = { error: vi.fn<() => void>() };
  const { share } = new ToldIdentityView(Date.now, () => undefined);
  const data = { settings: {} as GatewaySettings, topics: spec.topics, share };
  const forward = () => Promise.reject(new Error('nobody asks'));
  const thread = new ServingThread({ name: 'spec', data, logger, forward, onDeath: gone.resolve });
  await gone.promise;
  expect(thread.isReady).toBe(false);
  expect(logger.error).toHaveBeenCalledOnce();
});

it('gives a thread up, once, that leaves more of what it is told than may wait', async () => {
  const gone = vi.fn<() => void>();
  const logger = { error: vi.fn<() => void>() };
  const { share } = new ToldIdentityView(Date.now, () => undefined);
  const data = { settings: {} as GatewaySettings, topics: spec.topics, share };
  const forward = () => Promise.reject(new Error('nobody asks'));
  const thread = new ServingThread({ name: 'spec', data, logger, forward, onDeath: gone });
  // Nothing runs on it yet. Memory that is shared is not copied, and never touched.
  const value = new Uint8Array(new SharedArrayBuffer(600 * 1024 * 1024));
  const state = { view: 'policy', key: 'head/acme', value } as const;
  thread.send({ state });
  expect(gone).not.toHaveBeenCalled();
  thread.send({ state });
  thread.send({ state });
  expect(gone).toHaveBeenCalledOnce();
  await thread.close();
  expect(gone).toHaveBeenCalledOnce();
});

it('loses no call that it took when it stops under load', async () => {
  let isStopping = false;
  const ends: (number | 'unconnected')[] = [];
  const caller = async (connection: number) => {
    for (;;) {
      const wasStopping = isStopping;
      const end = await ask(connection).then(
        ({ status }) => status,
        // Nobody took it: the listener was closed before the request was read.
        (error: NodeJS.ErrnoException) => {
          if (!wasStopping && !isStopping) throw error;
          return 'unconnected' as const;
        },
      );
      ends.push(end);
      if (end === 'unconnected') return;
    }
  };
  const callers = agents.map((_, connection) => caller(connection));
  await waitFor(() => ends.length > CONNECTIONS * 2, { timeoutMs: WAIT_MS });
  isStopping = true;
  await gateway.close();
  await Promise.all(callers);
  expect(new Set(ends)).toEqual(new Set([200, 'unconnected']));
  const isTold = new Set(told);
  await spec.recorded((found) => {
    const completed = found.filter(({ type, decision_id: id }) => type === 'call.completed' && isTold.has(id));
    const allowed = found.filter(
      ({ type, outcome, decision_id: id }) => type === 'access.decided' && outcome === 'allow' && isTold.has(id),
    );
    return completed.length === allowed.length && allowed.length >= ends.filter((end) => end === 200).length;
  }, WAIT_MS);
});
