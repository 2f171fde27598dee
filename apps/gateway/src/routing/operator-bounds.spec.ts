import { expect, it } from 'vitest';
import { chat, codeOf, post } from '../pipeline/pipeline.fixture.js';
import { circuitBounds } from '../upstreams/circuit.js';
import { retryBounds } from './retry-bounds.js';
import { routed } from './routed.fixture.js';

/** A gateway whose upstream always fails, under an operator's bounds. */
const failing = (spec: object, bounds: Parameters<typeof routed>[4], headers = {}, status = 500) =>
  routed(
    spec,
    (request, response) => void request.resume().on('end', () => response.writeHead(status, headers).end('{}')),
    {},
    [],
    bounds,
  );

const targets = ['good', 'dear', 'cheap'].map((name) => ({ model: `main/${name}`, fallbackOn: [500, 429] }));
const throughRoute = { ...chat, model: 'assistant' };
const circuit = { ...circuitBounds, endsMin: 3, openMs: 700 };

it('an upstream is left alone after as many failures, and for as long, as the operator says', async () => {
  const edge = await failing({}, { circuit });
  const ask = () => post(edge, { ...chat, model: 'main/good' });
  for (let calls = 0; calls < circuit.endsMin; calls += 1) expect((await ask()).status).toBe(500);
  const left = await ask();
  expect(left.headers.get('retry-after-ms')).toBe('700');
  expect(await codeOf(left)).toBe('503 circuit_open');
  edge.pass(circuit.openMs);
  expect((await ask()).status).toBe(500);
});

it.each([1, 2, 3])('one request makes %i upstream calls where the operator says so', async (attemptsMax) => {
  const edge = await failing({ targets }, { retry: { ...retryBounds, attemptsMax } });
  await post(edge, throughRoute);
  expect(edge.upstreamRequests).toHaveLength(attemptsMax);
});

it('an upstream that asks to wait longer than the operator says is passed over', async () => {
  const twice = { targets: [targets[0], targets[0]] };
  const retry = { ...retryBounds, waitMsMax: 20, backoffMs: 0 };
  const impatient = await failing(twice, { retry }, { 'retry-after-ms': '21' }, 429);
  await post(impatient, throughRoute);
  expect(impatient.upstreamRequests).toHaveLength(1);
  const patient = await failing(twice, { retry }, { 'retry-after-ms': '20' }, 429);
  await post(patient, throughRoute);
  expect(patient.upstreamRequests).toHaveLength(2);
});
