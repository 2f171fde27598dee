import { APIError, type OpenAI } from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { act, demoKey, openai } from '../system/system.js';
import { idOf } from './model-call.js';
import { behave, behaveWell, callRows } from './provider-control.js';
import { modelCallers, Traffic } from './traffic.js';
import { faultsOfRecord } from './whole-record.js';

const streams = 8;
/** A call that was sent so long before the stop had certainly arrived; ms. */
const arrivedWithinMs = 1_000;

beforeAll(behaveWell);
afterAll(behaveWell);

type Ended = { readonly id: string; readonly chunks: number; readonly error: unknown };

/** Opens a stream at gateway 1 and answers, when its first chunk is there, how it will end. */
async function opened(model: string): Promise<{ ended: Promise<Ended> }> {
  const messages = [{ role: 'user' as const, content: 'Go on.' }];
  const client = openai(demoKey('acme', 'manager'), { timeout: 120_000 });
  const call = await client.chat.completions.create({ model, messages, stream: true }).withResponse();
  const begun = Promise.withResolvers<void>();
  const ended = read(call.data, String(idOf(call.response.headers)), begun.resolve);
  await Promise.race([begun.promise, ended]);
  return { ended };
}

async function read(data: AsyncIterable<OpenAI.ChatCompletionChunk>, id: string, begun: () => void): Promise<Ended> {
  let chunks = 0;
  try {
    for await (const _ of data) {
      chunks += 1;
      begun();
    }
    return { id, chunks, error: undefined };
  } catch (error) {
    return { id, chunks, error };
  }
}

it('a gateway that is told to stop ends what it accepted: short streams whole, long ones in an error, all on record', async () => {
  // Two seconds, and half an hour.
  await behave('mistral', { chunks: 80, chunk_interval_ms: 25 });
  await behave('gpt-4', { chunks: 90_000, chunk_interval_ms: 20 });
  // Without the caller that has a revoked key: nothing is revoked here.
  const callers = modelCallers({ revoked: demoKey('acme', 'viewer'), doomed: [] });
  const traffic = new Traffic(callers.filter(({ name }) => name === 'allowed' || name === 'refused'));
  let stoppedAtMs = Infinity;
  let [short, long]: Ended[][] = [];
  try {
    await traffic.flows();
    const open = (model: string) => Promise.all(Array.from({ length: streams }, () => opened(model)));
    const [shorts, longs] = [await open('local/mistral'), await open('openai-main/gpt-4')];
    stoppedAtMs = performance.now();
    await act('gateway', 'stop');
    short = await Promise.all(shorts.map(({ ended }) => ended));
    long = await Promise.all(longs.map(({ ended }) => ended));
  } finally {
    await act('gateway', 'start');
    await traffic.flows().finally(() => traffic.stop());
  }
  expect(short.map(({ error }) => error)).toEqual(Array(streams).fill(undefined));
  expect(short.every(({ chunks }) => chunks >= 80)).toBe(true);
  for (const { error, chunks } of long) {
    expect(error).toBeInstanceOf(APIError);
    expect([(error as APIError).code, chunks > 0]).toEqual(['not_ready', true]);
  }
  const unanswered = traffic.observed.filter(({ status, isWhole }) => status === 0 || !isWhole);
  expect(unanswered.filter(({ sentAtMs }) => sentAtMs < stoppedAtMs - arrivedWithinMs)).toEqual([]);
  expect(unanswered.filter(({ caller }) => caller.gateway === 2)).toEqual([]);
  const told = [...traffic.observed, ...short, ...long].map(({ id }) => id);
  expect(await faultsOfRecord(told)).toEqual([]);
  for (const { id } of short) expect(await callRows(id)).toMatchObject([{ outcome: 'completed' }]);
  const cut = { outcome: 'interrupted', error_type: 'gateway_stopped', usage_source: 'estimated' };
  for (const { id } of long) expect(await callRows(id)).toMatchObject([cut]);
});
