import { createHook } from 'node:async_hooks';
import type { RequestListener } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { waitFor } from '#libs/testing';
import { expect, it, onTestFinished } from 'vitest';
import { boundary, field, file, formOf } from '../body/form/form.fixture.js';
import { chunk, done, sse, usageEvent } from '../relay/relay.fixture.js';
import { circuitBounds } from '../upstreams/circuit.js';
import { post, type Gateway } from './pipeline.fixture.js';
import { document, surfaces } from './surfaces.fixture.js';

const rounds = 4;
/** How often each way is gone in a round, and how often at once. */
const times = 40;
const atOnce = 10;
/** More than any noise of a round, less than a call holds while it is under way. */
const heapBytesPerCallMax = 1_000;
/** What is left over of no call, but of engines and pools. */
const strayMax = 10;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** An upstream that answers by what it is asked: well, slowly, not at all, with half a stream. */
const upstream: RequestListener = (request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const body = Buffer.concat(parts).toString();
    if (body.includes('fails')) return response.writeHead(503).end('{}');
    if (body.includes('silent')) return undefined;
    if (body.includes('breaks')) return response.writeHead(200, sse).write(chunk('a'), () => response.destroy());
    if (body.includes('"stream":true')) return response.writeHead(200, sse).end(chunk('a', 'stop') + usageEvent + done);
    return response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices":[],"text":""}');
  });
};

const route = document('Route', 'impatient', {
  model: 'impatient',
  strategy: 'priority',
  targets: [
    { model: 'openai/chat', fallbackOn: ['timeout'], firstTokenTimeoutMs: 20 },
    { model: 'openai/other', attemptTimeoutMs: 20 },
  ],
});
const other = document('Model', 'openai/other', { upstreamModel: 'up', types: ['chat'] }, { env: 'development' });

/** Whatever fails is called all the same. */
const neverOpen = { ...circuitBounds, endsMin: 1_000_000 };

/** Every way in which a call ends. */
const ways: readonly ((edge: Gateway) => Promise<unknown>)[] = [
  (edge) => ask(edge, { content: 'hi' }),
  (edge) => ask(edge, { content: 'hi', stream: true }),
  (edge) => ask(edge, { content: 'breaks', stream: true }),
  (edge) => ask(edge, { content: 'silent', model: 'impatient' }),
  (edge) => ask(edge, { content: 'hi', model: 'impatient' }),
  (edge) => ask(edge, { content: 'hi', model: 'openai/secret' }),
  (edge) => ask(edge, { content: 'x'.repeat(200_000) }),
  (edge) => ask(edge, { content: 'silent', leavesAfterMs: 10 }),
  (edge) => postForm(edge),
  (edge) => post(edge, '{"model":').then((answer) => answer.text()),
  (edge) => post(edge, '{}', { authorization: 'Bearer nonsense' }).then((answer) => answer.text()),
];

type Asked = { content: string; model?: string; stream?: boolean; leavesAfterMs?: number };

async function ask({ url, keys }: Gateway, { content, model = 'openai/chat', stream, leavesAfterMs }: Asked) {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content }], ...(stream && { stream }) });
  const headers = { authorization: `Bearer ${keys.dev}` };
  const signal = leavesAfterMs === undefined ? null : AbortSignal.timeout(leavesAfterMs);
  const answer = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body, signal });
  return answer.text();
}

async function postForm({ url, keys }: Gateway): Promise<unknown> {
  const body = formOf([field('model', 'openai/audio'), file('file', Buffer.alloc(5_000, 7))]);
  const headers = { authorization: `Bearer ${keys.dev}`, 'content-type': `multipart/form-data; boundary=${boundary}` };
  return (await fetch(`${url}/v1/audio/transcriptions`, { method: 'POST', headers, body })).text();
}

/** Timers that were made and neither fired for good nor were cleared, those that keep nothing alive among them. */
function timersAlive(): () => number {
  const alive = new Set<number>();
  const hook = createHook({
    init: (id, type) => void (type === 'Timeout' && alive.add(id)),
    destroy: (id) => void alive.delete(id),
  }).enable();
  onTestFinished(() => void hook.disable());
  return () => alive.size;
}

it('mixed traffic leaves nothing behind: no memory, no handle, no timer', async () => {
  const timers = timersAlive();
  const edge = await surfaces(upstream, [route, other], { circuit: neverOpen });
  const handles = () => process.getActiveResourcesInfo().length;
  const before = { handles: handles(), timers: timers() };
  const heapBytes: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (let time = 0; time < times; time += atOnce) {
      const calls = Array.from({ length: atOnce }, () => ways.map((way) => way(edge))).flat();
      // What a caller that leaves, or a stream that breaks, raises is not looked at here.
      await Promise.allSettled(calls);
    }
    await edge.pipeline.drained();
    // What the fixtures keep of each call is not the gateway's.
    edge.spool.records.length = 0;
    edge.upstreamRequests.length = 0;
    heapBytes.push(await heapInUse());
  }
  // What leaks grows in every round; what is made once, and noise, does not.
  const grown = heapBytes.slice(1).map((bytes, at) => bytes - (heapBytes[at] ?? 0));
  expect(Math.min(...grown)).toBeLessThan(times * ways.length * heapBytesPerCallMax);
  // Connections that nobody uses any more are closed after some seconds, and their timers with them.
  const isAsBefore = () => handles() <= before.handles + strayMax && timers() <= before.timers + strayMax;
  await waitFor(isAsBefore, { timeoutMs: 60_000, everyMs: 200, what: 'handles and timers as before' });
}, 180_000);

/** After collections, between which finalisers and closed sockets have their turn. */
async function heapInUse(): Promise<number> {
  for (let turns = 0; turns < 5; turns += 1) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage().heapUsed;
}
