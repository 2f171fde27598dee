import { afterAll, beforeAll, expect, it } from 'vitest';
import { listening } from '../listening.fixture.js';

let provider: Awaited<ReturnType<typeof listening>>;
const question = { model: 'claude', max_tokens: 64, messages: [{ role: 'user', content: '12345678' }] };

beforeAll(async () => {
  provider = await listening();
});
afterAll(() => provider.close());

it('answers a message with counted tokens', async () => {
  const answer = await (await provider.call('POST', '/v1/messages', question)).json();
  expect(answer).toMatchObject({ type: 'message', role: 'assistant', stop_reason: 'end_turn' });
  expect(answer).toMatchObject({ usage: { input_tokens: 2 }, content: [{ type: 'text' }] });
});

it('streams from message_start to message_stop', async () => {
  const text = await (await provider.call('POST', '/v1/messages', { ...question, stream: true })).text();
  const names = [...text.matchAll(/^event: (.+)$/gmu)].map(([, name]) => name);
  expect(names[0]).toBe('message_start');
  expect(names.at(-1)).toBe('message_stop');
  expect(names).toContain('content_block_delta');
});

it('counts tokens without answering', async () => {
  const answer = await provider.call('POST', '/v1/messages/count_tokens', question);
  expect(await answer.json()).toEqual({ input_tokens: 2 });
});

it('answers errors in the form of the provider', async () => {
  await provider.call('PUT', '/_control/models/busy', { status: 429 });
  const answer = await provider.call('POST', '/v1/messages', { ...question, model: 'busy' });
  expect(await answer.json()).toMatchObject({ type: 'error', error: { type: 'rate_limit_error' } });
});
