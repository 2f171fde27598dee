import {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
} from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { event, messageStream, plainMessage } from '../anthropic/anthropic.fixture.js';
import { sse } from '../relay/relay.fixture.js';
import { post, providerKey } from './pipeline.fixture.js';
import { answeringWith, anthropic, document, surfaces } from './surfaces.fixture.js';

const question = {
  model: 'anthropic/claude',
  max_tokens: 16,
  messages: [{ role: 'user' as const, content: 'hi' }],
};
const thrownBy = (call: PromiseLike<unknown>) =>
  Promise.resolve(call).then(
    () => undefined,
    (error: unknown) => error,
  );
const used = { input_tokens: 16, cached_input_tokens: 4, output_tokens: 9, usage_source: 'upstream' };

describe('Anthropic’s stock client', () => {
  it.each(['', '/api/llm'])('is answered byte for byte, natively, below %j', async (prefix) => {
    const { listener, sent } = answeringWith(plainMessage);
    const edge = await surfaces(listener);
    // The client puts /v1 in front by itself: what it knows as its base stands before that.
    const path = prefix === '' ? '/v1/messages' : `${prefix}/messages`;
    const answer = await post(edge, { ...question, top_k: 5 }, { 'x-api-key': edge.keys.dev }, path);
    expect(await answer.text()).toBe(plainMessage);
    expect(sent[0]).toMatchObject({ url: '/v1/messages', body: { ...question, model: 'up-claude', top_k: 5 } });
    expect(sent[0]?.headers).toMatchObject({ 'x-api-key': providerKey, 'anthropic-version': '2023-06-01' });
    expect(sent[0]?.headers).not.toHaveProperty('authorization');
    expect(edge.spool.records[1]).toMatchObject({ ...used, operation: 'messages', finish_reason: 'end_turn' });
  });

  it('gets its message, and its own beta passes on', async () => {
    const { listener, sent } = answeringWith(plainMessage);
    const edge = await surfaces(listener);
    const client = anthropic(edge, edge.keys.dev);
    const answer = await client.messages.create(question, { headers: { 'anthropic-beta': 'some-2025' } });
    expect(answer.content).toEqual([{ type: 'text', text: 'ab' }]);
    expect(sent[0]?.headers).toMatchObject({ 'anthropic-beta': 'some-2025' });
  });

  it('gets its stream untouched, with the sums of its usage on record', async () => {
    const { listener } = answeringWith(...messageStream);
    const edge = await surfaces(listener);
    const stream = anthropic(edge, edge.keys.dev).messages.stream(question);
    expect(await stream.finalText()).toBe('ab');
    expect(await (await post(edge, { ...question, stream: true }, {}, '/v1/messages')).text()).toBe(
      messageStream.join(''),
    );
    const end = { ...used, outcome: 'completed', finish_reason: 'end_turn', response_model: 'claude-x-1' };
    expect(edge.spool.records[1]).toMatchObject({ ...end, stream: true });
  });

  it('counts tokens, which is decided and recorded, and costs nothing', async () => {
    const { listener, sent } = answeringWith('{"input_tokens":2}');
    const edge = await surfaces(listener);
    const { messages, model } = question;
    const counted = await anthropic(edge, edge.keys.dev).messages.countTokens({ model, messages });
    expect(counted.input_tokens).toBe(2);
    expect(sent[0]?.url).toBe('/v1/messages/count_tokens');
    expect(edge.spool.records[1]).toMatchObject({ usage_source: 'none', cost: '0', input_tokens: 0 });
  });
});

describe('a refusal raises as the client’s own error', () => {
  const { listener } = answeringWith(plainMessage);
  const cases = [
    ['of an ungranted model', { model: 'anthropic/secret' }, PermissionDeniedError, 'model_not_allowed'],
    ['of an unknown model', { model: 'anthropic/none' }, PermissionDeniedError, 'model_not_allowed'],
    ['of a model of another type', { model: 'openai/embedding' }, BadRequestError, 'invalid_request'],
    ['of a provider that speaks no messages', { model: 'openai/chat' }, BadRequestError, 'invalid_request'],
    ['without a provider account', { model: 'claude' }, BadRequestError, 'missing_provider_account'],
  ] as const;
  it.each(cases)('%s', async (_what, change, type, code) => {
    const edge = await surfaces(listener);
    for (const stream of [false, true]) {
      const error = await thrownBy(anthropic(edge, edge.keys.dev).messages.create({ ...question, ...change, stream }));
      expect(error).toBeInstanceOf(type);
      expect(error).toHaveProperty('error', { type: 'error', error: expect.objectContaining({ code }) });
    }
    const counting = anthropic(edge, edge.keys.dev).messages.countTokens({ ...question, ...change });
    expect(await thrownBy(counting)).toBeInstanceOf(type);
    expect(edge.upstreamRequests).toEqual([]);
  });

  it('of a wrong key, and of a path that is none', async () => {
    const edge = await surfaces(listener);
    expect(await thrownBy(anthropic(edge, edge.keys.revoked).messages.create(question))).toBeInstanceOf(
      AuthenticationError,
    );
    expect(await thrownBy(anthropic(edge, edge.keys.dev).messages.batches.list())).toBeInstanceOf(NotFoundError);
  });

  it('of an upstream that is down', async () => {
    const edge = await surfaces((request) => request.socket.destroy());
    const error = await thrownBy(anthropic(edge, edge.keys.dev).messages.create(question));
    expect(error).toBeInstanceOf(InternalServerError);
    expect(error).toMatchObject({ status: 502, type: 'api_error' });
  });
});

describe('a stream that breaks', () => {
  it.each([
    ['between two events', messageStream.slice(0, 4).join('')],
    ['inside of an event', `${messageStream.slice(0, 4).join('')}event: content_block_delta\ndata: {"type":"cont`],
  ])('%s raises in the client, and is recorded as interrupted with an estimate', async (_where, text) => {
    const edge = await surfaces((_request, response) => {
      response.writeHead(200, sse).write(text, () => response.destroy());
    });
    const stream = await anthropic(edge, edge.keys.dev).messages.create({ ...question, stream: true });
    const seen: string[] = [];
    const read = async () => {
      for await (const { type } of stream) seen.push(type);
    };
    const error = await thrownBy(read());
    expect(error).toBeInstanceOf(APIError);
    expect(error).toHaveProperty('type', 'api_error');
    expect(seen).toEqual(['message_start', 'content_block_start', 'content_block_delta']);
    expect(edge.spool.records[1]).toMatchObject({ outcome: 'interrupted', usage_source: 'estimated' });
  });

  it('without `message_stop` did not end, however orderly its connection was closed', async () => {
    const edge = await surfaces(answeringWith(...messageStream.slice(0, -1)).listener);
    const text = await anthropic(edge, edge.keys.dev)
      .messages.stream(question)
      .finalText()
      .catch(() => 'raised');
    expect(text).toBe('raised');
    // Its sums had come: they are what was used.
    expect(edge.spool.records[1]).toMatchObject({ outcome: 'interrupted', ...used });
  });

  it('is not ended by what its model says', async () => {
    const text = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';
    const said = event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });
    const edge = await surfaces(answeringWith(...messageStream.slice(0, 3), said).listener);
    await thrownBy(anthropic(edge, edge.keys.dev).messages.stream(question).finalText());
    expect(edge.spool.records[1]).toMatchObject({ outcome: 'interrupted' });
  });
});

describe('what a cache was written for', () => {
  const usage = { input_tokens: 2, cache_creation_input_tokens: 1_000, cache_read_input_tokens: 0, output_tokens: 1 };
  const priced = (more: object) => [
    document(
      'Model',
      'anthropic/claude',
      {
        upstreamModel: 'up-claude',
        types: ['chat'],
        cost: { inputPerMillion: '3', outputPerMillion: '15', cacheWritePerMillion: '3.75', currency: 'USD' },
      },
      { env: 'development' },
    ),
    document('Limits', 'spec', { rules: [{ id: 'month', when: {}, unit: 'cost_per_month', ...more }] }),
  ];

  it('is charged at its own price, plain and in a stream', async () => {
    const plain = JSON.stringify({ ...(JSON.parse(plainMessage) as object), usage });
    const edge = await surfaces(answeringWith(plain).listener, priced({ limit: '1' }));
    await anthropic(edge, edge.keys.dev).messages.create(question);
    expect(edge.spool.records[1]).toMatchObject({ cost: '0.003771', input_tokens: 1_002, usage_source: 'upstream' });
    const message = { id: 'm', type: 'message', role: 'assistant', model: 'c', content: [], usage };
    const stream = [
      event('message_start', { message }),
      ...messageStream.slice(1, -2),
      event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } }),
      event('message_stop'),
    ];
    const streaming = await surfaces(answeringWith(...stream).listener, priced({ limit: '1' }));
    await anthropic(streaming, streaming.keys.dev).messages.stream(question).finalText();
    expect(streaming.spool.records[1]).toMatchObject({ cost: '0.003771', usage_source: 'upstream' });
  });

  it('is set aside for: a budget that holds a call only at the price of other input does not let it through', async () => {
    const text = 'x'.repeat(40_000);
    const long = { ...question, max_tokens: 1, messages: [{ role: 'user' as const, content: text }] };
    // Ten thousand tokens and some more are 0.03 USD and 0.0375 USD.
    const edge = await surfaces(answeringWith(plainMessage).listener, priced({ limit: '0.035' }));
    expect(await thrownBy(anthropic(edge, edge.keys.dev).messages.create(long))).toMatchObject({ status: 429 });
    const enough = await surfaces(answeringWith(plainMessage).listener, priced({ limit: '0.039' }));
    expect(await thrownBy(anthropic(enough, enough.keys.dev).messages.create(long))).toBeUndefined();
  });
});
