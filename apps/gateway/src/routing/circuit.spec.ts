import { describe, expect, it } from 'vitest';
import { chat, codeOf, post } from '../pipeline/pipeline.fixture.js';
import { circuitBounds } from '../upstreams/circuit.js';
import { routed } from './routed.fixture.js';

type State = { status: number; until?: Promise<void> };
const failing: State = { status: 500 };
const asked = { ...chat, model: 'main/good' };

/** An upstream that answers as `state` says, after so many failures that its circuit is open. */
async function opened(spec: object, state = { ...failing }) {
  const edge = await routed(spec, (request, response) => {
    request.resume().on('end', async () => {
      await state.until;
      response
        .writeHead(state.status, { 'content-type': 'application/json' })
        .end('{"choices":[{"finish_reason":"stop"}]}');
    });
  });
  for (let n = 0; n < circuitBounds.endsMin; n += 1) expect((await post(edge, asked)).status).toBe(500);
  return { edge, state };
}

describe('an upstream that fails again and again', () => {
  it('is left alone: 503 that says until when, recorded, and nothing reaches it', async () => {
    const { edge } = await opened({});
    const answer = await post(edge, asked);
    expect(Number(answer.headers.get('retry-after'))).toBe(circuitBounds.openMs / 1_000);
    expect(await codeOf(answer)).toBe('503 circuit_open');
    expect(edge.upstreamRequests).toHaveLength(circuitBounds.endsMin);
    expect(edge.spool.records.at(-1)).toMatchObject({ outcome: 'deny', code: 'circuit_open', reason: 'circuit_open' });
  });

  it('is called once to see, and as before when that went well', async () => {
    const { edge, state } = await opened({});
    edge.pass(circuitBounds.openMs);
    expect((await post(edge, asked)).status).toBe(500);
    expect(await codeOf(await post(edge, asked))).toBe('503 circuit_open');
    edge.pass(circuitBounds.openMs);
    state.status = 200;
    const { promise: until, resolve } = Promise.withResolvers<void>();
    state.until = until;
    const reached = edge.upstreamRequests.length;
    const probe = post(edge, asked);
    await expect.poll(() => edge.upstreamRequests.length).toBe(reached + 1);
    expect(await codeOf(await post(edge, asked))).toBe('503 circuit_open');
    resolve();
    expect((await probe).status).toBe(200);
    expect((await post(edge, asked)).status).toBe(200);
  });

  it('does not keep calls from the other models of its account', async () => {
    const { edge, state } = await opened({});
    state.status = 200;
    expect((await post(edge, { ...chat, model: 'main/cheap' })).status).toBe(200);
  });

  it('is passed over by routes that go on after failures, and by no others', async () => {
    const targets = [{ model: 'main/good', fallbackOn: ['5xx'] }, { model: 'main/cheap' }];
    const { edge, state } = await opened({ targets });
    state.status = 200;
    const answer = await post(edge, { ...chat, model: 'assistant' });
    expect(answer.headers.get('gatehouse-resolved-model')).toBe('main/cheap');
    expect(edge.spool.records.at(-2)).toMatchObject({ resource: 'main/cheap', reason: 'fallback' });
    const strict = await opened({ targets: [{ model: 'main/good', fallbackOn: [429] }, { model: 'main/cheap' }] });
    expect(await codeOf(await post(strict.edge, { ...chat, model: 'assistant' }))).toBe('503 circuit_open');
  });
});

it('requests that an upstream refuses do not count as its failures', async () => {
  const edge = await routed({}, (_, response) => response.writeHead(429).end('{}'));
  for (let n = 0; n <= circuitBounds.endsMin; n += 1) expect((await post(edge, asked)).status).toBe(429);
});
