import { APIError, BadRequestError, InternalServerError, RateLimitError } from 'openai';
import { describe, expect, it } from 'vitest';
import { event, messageStream, plainMessage } from '../anthropic/anthropic.fixture.js';
import { sse } from '../relay/relay.fixture.js';
import { client, post, providerKey } from './pipeline.fixture.js';
import { answeringWith, surfaces } from './surfaces.fixture.js';

const question = { model: 'anthropic/claude', messages: [{ role: 'user' as const, content: 'hi' }] };
const used = { input_tokens: 16, cached_input_tokens: 4, output_tokens: 9, usage_source: 'upstream' };
const usage = {
  prompt_tokens: 16,
  completion_tokens: 9,
  total_tokens: 25,
  prompt_tokens_details: { cached_tokens: 4 },
};
const thrownBy = (call: PromiseLike<unknown>) =>
  Promise.resolve(call).then(
    () => undefined,
    (error: unknown) => error,
  );

/** A stream that says a word and uses two tools, one of them without arguments. */
const toolStream = [
  messageStream[0] ?? '',
  event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'a' } }),
  event('content_block_stop', { index: 0 }),
  event('content_block_start', { index: 1, content_block: { type: 'tool_use', id: 't1', name: 'weather', input: {} } }),
  event('content_block_delta', { index: 1, delta: { type: 'input_json_delta', partial_json: '{"city":' } }),
  event('content_block_delta', { index: 1, delta: { type: 'input_json_delta', partial_json: '"Bonn"}' } }),
  event('content_block_stop', { index: 1 }),
  event('content_block_start', { index: 2, content_block: { type: 'tool_use', id: 't2', name: 'now', input: {} } }),
  event('content_block_delta', { index: 2, delta: { type: 'input_json_delta', partial_json: '' } }),
  event('content_block_stop', { index: 2 }),
  event('message_delta', { delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 9 } }),
  event('message_stop'),
];
const toolMessage = JSON.stringify({
  ...(JSON.parse(plainMessage) as object),
  content: [
    { type: 'text', text: 'a' },
    { type: 'tool_use', id: 't1', name: 'weather', input: { city: 'Bonn' } },
    { type: 'tool_use', id: 't2', name: 'now', input: {} },
  ],
  stop_reason: 'tool_use',
});
const call = (id: string, name: string, text: string) => {
  return { id, type: 'function', function: { name, arguments: text } };
};
const said = { content: 'a', tool_calls: [call('t1', 'weather', '{"city":"Bonn"}'), call('t2', 'now', '{}')] };

describe.each(['/v1', '/api/llm'])('a chat completion of a model at Anthropic, below %s', (prefix) => {
  it('is a message there and a completion here', async () => {
    const { listener, sent } = answeringWith(toolMessage);
    const edge = await surfaces(listener);
    const answer = await client(edge, edge.keys.dev, prefix).chat.completions.create({ ...question, max_tokens: 16 });
    expect(answer).toMatchObject({ object: 'chat.completion', id: 'msg_1', model: 'claude-x-1', usage });
    expect(answer.choices).toMatchObject([{ message: said, finish_reason: 'tool_calls' }]);
    const body = {
      model: 'up-claude',
      max_tokens: 16,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
    };
    expect(sent).toMatchObject([{ url: '/v1/messages', body }]);
    expect(sent[0]?.headers).toMatchObject({ 'x-api-key': providerKey, 'anthropic-version': '2023-06-01' });
    const end = { ...used, operation: 'chat', finish_reason: 'tool_use', response_model: 'claude-x-1' };
    expect(edge.spool.records[1]).toMatchObject({ ...end, outcome: 'completed' });
  });

  it('streams the same as it says in one piece', async () => {
    const { listener, sent } = answeringWith(...toolStream);
    const edge = await surfaces(listener);
    const asked = { ...question, stream_options: { include_usage: true } };
    const stream = client(edge, edge.keys.dev, prefix).chat.completions.stream(asked);
    const answer = await stream.finalChatCompletion();
    expect(answer.choices).toMatchObject([{ message: said, finish_reason: 'tool_calls' }]);
    expect(answer).toMatchObject({ id: 'msg_1', model: 'claude-x-1', usage });
    expect(sent[0]?.body).toMatchObject({ stream: true });
    expect(sent[0]?.body).not.toHaveProperty('stream_options');
    expect(edge.spool.records[1]).toMatchObject({ ...used, operation: 'chat', stream: true, outcome: 'completed' });
  });
});

describe('a translated stream', () => {
  it('tells of no usage to who asked for none, and ends as OpenAI’s do', async () => {
    const edge = await surfaces(answeringWith(...messageStream).listener);
    const text = await (await post(edge, { ...question, stream: true })).text();
    expect(text).not.toContain('"usage"');
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(edge.spool.records[1]).toMatchObject(used);
  });

  it.each(messageStream.map((_, index) => index))(
    'that breaks before event %i never looks finished, and is recorded as interrupted',
    async (events) => {
      const whole = messageStream.slice(0, events).join('');
      const edge = await surfaces((_request, reply) => {
        reply.writeHead(200, sse).write(`${whole}event: message_`, () => reply.destroy());
      });
      const text = await (await post(edge, { ...question, stream: true })).text().catch(() => '');
      expect(text).not.toContain('[DONE]');
      expect(text).not.toMatch(/"finish_reason":"/u);
      expect(edge.spool.records[1]).toMatchObject({ outcome: 'interrupted', usage_source: expect.any(String) });
    },
  );

  it('raises in the stock client where it breaks, and where the upstream says that it failed', async () => {
    const overloaded = event('error', { error: { type: 'overloaded_error', message: 'Too busy.' } });
    for (const last of ['', overloaded]) {
      const edge = await surfaces(answeringWith(...messageStream.slice(0, 4), last).listener);
      const read = async () => {
        const stream = await client(edge, edge.keys.dev).chat.completions.create({ ...question, stream: true });
        for await (const _ of stream) continue;
      };
      const error = await thrownBy(read());
      expect(error).toBeInstanceOf(APIError);
      expect(error).toMatchObject({ code: last === '' ? 'upstream_error' : 'overloaded_error' });
    }
  });
});

describe('a translated call', () => {
  it('that cannot be said there is 400 naming the field, is recorded as refused and reaches no upstream', async () => {
    const edge = await surfaces(answeringWith('{}').listener);
    const error = await thrownBy(client(edge, edge.keys.dev).chat.completions.create({ ...question, n: 2 }));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ code: 'invalid_request', param: 'n' });
    expect(edge.upstreamRequests).toEqual([]);
    expect(edge.spool.records).toMatchObject([{ type: 'access.decided', outcome: 'deny', code: 'invalid_request' }]);
  });

  it.each([
    [400, 'invalid_request_error', BadRequestError],
    [429, 'rate_limit_error', RateLimitError],
    [529, 'overloaded_error', InternalServerError],
  ])('that the upstream answers with %i raises as OpenAI’s own error', async (status, type, Raised) => {
    const told = JSON.stringify({ type: 'error', error: { type, message: 'No.' } });
    const edge = await surfaces((_request, reply) => void reply.writeHead(status).end(told));
    const error = await thrownBy(client(edge, edge.keys.dev).chat.completions.create(question));
    expect(error).toBeInstanceOf(Raised);
    expect(error).toMatchObject({ status, code: type });
  });

  it.each(['not JSON', '{}', '{"type":"message"', '[]'])(
    'answered with %s is 502, not a broken answer',
    async (told) => {
      const edge = await surfaces((_request, reply) => void reply.writeHead(200).end(told));
      const error = await thrownBy(client(edge, edge.keys.dev).chat.completions.create(question));
      expect(error).toBeInstanceOf(InternalServerError);
      expect(error).toMatchObject({ status: 502, code: 'upstream_error' });
    },
  );
});
