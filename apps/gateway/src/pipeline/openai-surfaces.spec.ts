import { APIError, BadRequestError } from 'openai';
import { describe, expect, it } from 'vitest';
import { chunk, done, sse, usageEvent } from '../relay/relay.fixture.js';
import { client, codeOf, post } from './pipeline.fixture.js';
import { answeringWith, surfaces } from './surfaces.fixture.js';

const usage = { input_tokens: 7, output_tokens: 3, input_tokens_details: { cached_tokens: 2 } };
const response = { id: 'resp_1', object: 'response', model: 'gpt-x', status: 'completed', output: [], usage };
const event = (type: string, fields: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const responseStream = [
  event('response.created', { response: { ...response, status: 'in_progress', usage: null } }),
  event('response.output_text.delta', { delta: 'a' }),
  event('response.completed', { response }),
];
const question = { model: 'openai/chat', input: 'hi' };
const used = { input_tokens: 7, cached_input_tokens: 2, output_tokens: 3, usage_source: 'upstream' };

describe.each(['/v1', '/api/llm'])('the stock client below %s', (prefix) => {
  it('gets a response, plain and as a stream that is untouched', async () => {
    const [plain, streamed] = [answeringWith(JSON.stringify(response)), answeringWith(...responseStream)];
    const edge = await surfaces((request, reply) => {
      (edge.upstreamRequests.length === 1 ? plain : streamed).listener(request, reply);
    });
    const openai = client(edge, edge.keys.dev, prefix);
    expect((await openai.responses.create(question)).id).toBe('resp_1');
    const types: string[] = [];
    for await (const { type } of await openai.responses.create({ ...question, stream: true })) types.push(type);
    expect(types).toEqual(['response.created', 'response.output_text.delta', 'response.completed']);
    expect(streamed.sent[0]).toMatchObject({ url: '/v1/responses', body: { model: 'up-chat', stream: true } });
    // A wish for usage is part of other surfaces: here it comes by itself.
    expect(streamed.sent[0]?.body).not.toHaveProperty('stream_options');
    for (const end of [edge.spool.records[1], edge.spool.records[3]]) {
      expect(end).toMatchObject({ ...used, operation: 'responses', finish_reason: 'completed', outcome: 'completed' });
    }
  });

  it('gets a text completion, whose usage the gateway asks for and takes out', async () => {
    const { listener, sent } = answeringWith(chunk('a', 'stop'), usageEvent, done);
    const edge = await surfaces(listener);
    const asked = { model: 'openai/completion', prompt: 'hi', stream: true as const };
    for await (const { choices } of await client(edge, edge.keys.dev, prefix).completions.create(asked)) {
      expect(choices).not.toHaveLength(0);
    }
    expect(sent[0]).toMatchObject({ url: '/v1/completions', body: { stream_options: { include_usage: true } } });
    expect(edge.spool.records[1]).toMatchObject({ operation: 'completions', input_tokens: 3, output_tokens: 2 });
  });

  it('gets a moderation', async () => {
    const { listener, sent } = answeringWith('{"id":"modr_1","model":"m","results":[]}');
    const edge = await surfaces(listener);
    const asked = { model: 'openai/moderation', input: 'hi' };
    expect((await client(edge, edge.keys.dev, prefix).moderations.create(asked)).id).toBe('modr_1');
    expect(sent[0]?.url).toBe('/v1/moderations');
    expect(edge.spool.records[1]).toMatchObject({ operation: 'moderations', output_tokens: 0 });
  });
});

it.each([
  ['more than one answer', { n: 2, prompt: 'hi' }],
  ['an answer to each of several prompts', { prompt: ['hi', 'ho'] }],
])('a stream of %s that stops when one is over is raised, and on record as interrupted', async (_, asked) => {
  const edge = await surfaces(answeringWith(chunk('a', 'stop'), chunk('b')).listener);
  const call = { model: 'openai/completion', stream: true as const, ...asked };
  const reading = async () => {
    for await (const _chunk of await client(edge, edge.keys.dev, '/v1').completions.create(call));
  };
  await expect(reading()).rejects.toBeInstanceOf(APIError);
  expect(edge.spool.records[1]).toMatchObject({ outcome: 'interrupted', error_type: 'stream_ended_early' });
});

describe('a response', () => {
  it.each([
    ['background', true],
    ['previous_response_id', 'resp_of_another'],
    ['conversation', { id: 'conv_of_another' }],
  ])(
    'cannot be asked for with %s: what a provider keeps is in reach of all who use the account',
    async (name, value) => {
      const edge = await surfaces(answeringWith('{}').listener);
      const answer = client(edge, edge.keys.dev).responses.create({ ...question, [name]: value });
      await expect(answer).rejects.toBeInstanceOf(BadRequestError);
      await expect(answer).rejects.toMatchObject({ code: 'invalid_request', param: name });
      expect(edge.upstreamRequests).toEqual([]);
    },
  );

  it('can be asked for with what says that none of it is used', async () => {
    const edge = await surfaces(answeringWith(JSON.stringify(response)).listener);
    const nothing = { background: false, previous_response_id: null, conversation: null };
    expect((await client(edge, edge.keys.dev).responses.create({ ...question, ...nothing })).id).toBe('resp_1');
  });

  it('that breaks off raises in the client, and is recorded as interrupted', async () => {
    const edge = await surfaces((_request, reply) => {
      reply.writeHead(200, sse).write(`${responseStream[0]}${responseStream[1]}event: resp`, () => reply.destroy());
    });
    const read = async () => {
      for await (const _ of await client(edge, edge.keys.dev).responses.create({ ...question, stream: true })) continue;
    };
    await expect(read()).rejects.toBeInstanceOf(APIError);
    expect(edge.spool.records[1]).toMatchObject({ outcome: 'interrupted', usage_source: 'estimated' });
  });

  it('that failed, or is incomplete, did end', async () => {
    for (const type of ['response.failed', 'response.incomplete']) {
      const status = type.slice('response.'.length);
      const edge = await surfaces(answeringWith(event(type, { response: { ...response, status } })).listener);
      await (await post(edge, { ...question, stream: true }, {}, '/v1/responses')).text();
      expect(edge.spool.records[1]).toMatchObject({ ...used, outcome: 'completed', finish_reason: status });
    }
  });
});

describe('a surface without what it cannot do without', () => {
  it.each([
    ['/v1/responses', 'openai/chat'],
    ['/v1/completions', 'openai/completion'],
    ['/v1/moderations', 'openai/moderation'],
    ['/v1/embeddings', 'openai/embedding'],
    ['/v1/messages', 'anthropic/claude'],
    ['/v1/messages/count_tokens', 'anthropic/claude'],
  ])('%s is 400', async (path, model) => {
    const edge = await surfaces(answeringWith('{}').listener);
    expect(await codeOf(await post(edge, { model }, {}, path))).toBe('400 invalid_request');
    expect(edge.upstreamRequests).toEqual([]);
  });
});
