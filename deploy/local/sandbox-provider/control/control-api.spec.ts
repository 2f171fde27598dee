import { afterAll, beforeEach, beforeAll, expect, it, vi } from 'vitest';
import { listening } from '../listening.fixture.js';
import { keyDigest, RequestLog, type LoggedRequest } from './request-log.js';

let provider: Awaited<ReturnType<typeof listening>>;
const question = { model: 'gpt-4', messages: [{ role: 'user', content: 'hi' }] };
type Listed = { total: number; dropped: number; data: LoggedRequest[] };
const requests = async () => (await (await provider.call('GET', '/_control/requests')).json()) as Listed;

beforeAll(async () => {
  provider = await listening();
});
beforeEach(() => provider.call('DELETE', '/_control/requests'));
afterAll(() => provider.close());

it('records what reached it, with a digest in place of the provider key', async () => {
  await (await provider.call('POST', '/v1/chat/completions', question)).text();
  const { total, data } = await requests();
  expect(total).toBe(1);
  expect(data[0]).toMatchObject({
    method: 'POST',
    path: '/v1/chat/completions',
    model: 'gpt-4',
    request_id: 'r-1',
    key_digest: keyDigest('sk-provider'),
    state: 'answered',
    bytes: JSON.stringify(question).length,
  });
  expect(JSON.stringify(data)).not.toContain('sk-provider');
});

it('shows a caller that left before the first byte as aborted', async () => {
  await provider.call('PUT', '/_control/models/slow', { latency_ms: 60_000 });
  const leave = new AbortController();
  const left = fetch(`${provider.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'x-api-key': 'k' },
    body: JSON.stringify({ ...question, model: 'slow' }),
    signal: leave.signal,
  }).catch(() => 'left');
  await vi.waitFor(async () => expect((await requests()).data[0]?.state).toBe('open'));
  leave.abort();
  expect(await left).toBe('left');
  await vi.waitFor(async () => expect((await requests()).data[0]).toMatchObject({ state: 'aborted', aborted: true }));
});

it('refuses a behaviour it does not know', async () => {
  const answer = await provider.call('PUT', '/_control/models/gpt-4', { mood: 'bad' });
  expect(answer.status).toBe(400);
});

it('keeps the newest requests only and counts all', () => {
  const log = new RequestLog(2);
  for (let index = 0; index < 9; index += 1) log.open({ method: 'GET', headers: {} } as never, `/${index}`, undefined);
  expect(log.list()).toMatchObject({ total: 9, dropped: 7, data: [{ path: '/7' }, { path: '/8' }] });
});
