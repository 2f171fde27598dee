import type { RequestListener, ServerResponse } from 'node:http';
import { APIError as AnthropicError } from '@anthropic-ai/sdk';
import { APIError } from 'openai';
import { describe, expect, it } from 'vitest';
import { event as anthropicEvent, messageStream } from '../anthropic/anthropic.fixture.js';
import { chat, client as openai, codeOf, post, type Gateway } from '../pipeline/pipeline.fixture.js';
import { anthropic, document, surfaces } from '../pipeline/surfaces.fixture.js';
import { chunk, done, event, sse } from '../relay/relay.fixture.js';
import { cost, last, tokens } from './limited.fixture.js';

const word = event({ type: 'response.output_text.delta', delta: 'a', item_id: 'i', output_index: 0 });
const forms: Record<string, { begin: string; word: string; end: string }> = {
  '/v1/chat/completions': { begin: chunk('a'), word: chunk('a'), end: chunk('a', 'stop') + done },
  '/v1/responses': { begin: word, word, end: event({ type: 'response.completed', response: { status: 'completed' } }) },
  '/v1/messages': {
    begin: messageStream.slice(0, 4).join(''),
    word: anthropicEvent('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'a' } }),
    end: messageStream.slice(5).join(''),
  },
};

/** An upstream of every form that says a word, of one token, when it is told to, for as long as it is listened to. */
function talking() {
  const open: { readonly response: ServerResponse; readonly path: string }[] = [];
  let stopped = 0;
  const listener: RequestListener = (request, response) => {
    const path = request.url ?? '';
    request.resume().on('end', () => {
      open.push({ response, path });
      response.on('close', () => (stopped += Number(!response.writableFinished)));
      response.writeHead(200, sse).write(forms[path]?.begin);
    });
  };
  const say = (nth: number, what: 'word' | 'end' = 'word') => {
    const stream = open[nth];
    if (!stream || stream.response.destroyed || stream.response.writableEnded) return;
    if (what === 'end') stream.response.end(forms[stream.path]?.end);
    else stream.response.write(forms[stream.path]?.word);
  };
  return { listener, say, stopped: () => stopped };
}

async function running(rule: object, cutStreamsOnLimit = true, answer?: RequestListener) {
  const upstream = talking();
  const documents = [
    document('TenantSettings', 'settings', { cutStreamsOnLimit }),
    document('Limits', 'spec', { rules: [rule] }),
  ];
  const edge = await surfaces(answer ?? upstream.listener, documents);
  return { edge, ...upstream };
}

const input = { model: 'openai/chat', messages: chat.messages, stream: true as const };
const open = (edge: Gateway) => openai(edge, edge.keys.dev).chat.completions.create(input);
const question = { model: 'anthropic/claude', max_tokens: 16, messages: chat.messages, stream: true as const };
const ask = (edge: Gateway) => anthropic(edge, edge.keys.dev).messages.create(question);
const surfacesOf: [string, (edge: Gateway) => Promise<AsyncIterable<unknown>>, new (...given: never[]) => Error][] = [
  ['chat completions', open, APIError],
  [
    'responses',
    (edge) => openai(edge, edge.keys.dev).responses.create({ model: 'openai/chat', input: 'hi', stream: true }),
    APIError,
  ],
  ['messages', ask, AnthropicError],
  [
    'chat completions at Anthropic',
    (edge) => openai(edge, edge.keys.dev).chat.completions.create({ ...input, model: 'anthropic/claude' }),
    APIError,
  ],
];

/** Has the upstream go on for each event of a stream that is read, to its end after so many; answers what was raised. */
async function listen(stream: AsyncIterable<unknown>, goOn: (what: 'word' | 'end') => void, words: number) {
  let heard = 0;
  let raised: unknown;
  try {
    for await (const _ of stream) {
      heard += 1;
      goOn(heard < words ? 'word' : 'end');
    }
  } catch (error) {
    raised = error;
  }
  return { heard, raised: raised as APIError | undefined };
}

const ends = ({ spool }: Gateway) => spool.records.filter(({ type }) => type === 'call.completed');

describe('a stream that uses more than its limits hold, where the tenant wants it cut', () => {
  it.each(surfacesOf)(
    'raises in the stock client of %s, stops its upstream, and is on record and settled once',
    async (_, begin, of) => {
      const { edge, say, stopped } = await running(tokens(100));
      const { raised, heard } = await listen(await begin(edge), (what) => say(0, what), 300);
      expect(raised).toBeInstanceOf(of);
      expect(JSON.stringify(raised?.error)).toContain('rate_limit_exceeded');
      expect(JSON.stringify(raised?.error)).toContain('Limits/spec/month');
      expect(heard).toBeGreaterThan(30);
      await expect.poll(stopped).toBe(1);
      expect(ends(edge)).toHaveLength(1);
      expect(ends(edge)[0]).toMatchObject({
        outcome: 'interrupted',
        error_type: 'rate_limit_exceeded',
        error_message: expect.stringContaining('Limits/spec/month'),
        usage_source: 'estimated',
      });
      const { input_tokens: asked, output_tokens: answered } = last(edge, 'call.completed');
      // What came in the piece that was too much counts, and nothing after it.
      expect(asked + answered).toBeGreaterThan(100);
      expect(asked + answered).toBeLessThan(130);
      const next = await post(edge, { ...input, stream: false });
      expect(next.headers.get('x-ratelimit-remaining-tokens')).toBe('0');
      expect(await codeOf(next)).toBe('429 rate_limit_exceeded');
    },
  );

  it('is told that it was a budget, and by how much of it the rule holds', async () => {
    // 1000 USD per million tokens.
    const { edge, say } = await running(cost('0.10'));
    const { raised } = await listen(await open(edge), (what) => say(0, what), 300);
    expect(raised).toMatchObject({ code: 'budget_exceeded', message: expect.stringContaining('0.1 cost per month') });
    expect(last(edge, 'call.completed')).toMatchObject({ outcome: 'interrupted', error_type: 'budget_exceeded' });
  });

  it('shares what is left with the streams beside it: together they use what there is, and are cut', async () => {
    const { edge, say } = await running(tokens(1_000));
    const begun = [await ask(edge), await ask(edge)];
    const heard = await Promise.all(begun.map((stream, n) => listen(stream, (what) => say(n, what), 3_000)));
    expect(heard.map(({ raised }) => raised instanceof AnthropicError)).toEqual([true, true]);
    const used = ends(edge).map((record) => record as unknown as { input_tokens: number; output_tokens: number });
    const sum = used.reduce((total, { input_tokens, output_tokens }) => total + input_tokens + output_tokens, 0);
    expect(sum).toBeGreaterThan(900);
    // Beyond it is what they said while the log was asked; each for itself would have said 2,000.
    expect(sum).toBeLessThan(1_500);
  });

  it('does not end a stream that the limit is not about', async () => {
    const { edge, say } = await running(tokens(100, { when: { models: ['openai/*'] } }));
    const other = await ask(edge);
    const { raised } = await listen(await open(edge), (what) => say(1, what), 300);
    expect(raised).toBeInstanceOf(APIError);
    const { raised: none, heard } = await listen(other, (what) => say(0, what), 150);
    expect(none).toBeUndefined();
    expect(heard).toBeGreaterThan(150);
    expect(last(edge, 'call.completed')).toMatchObject({ outcome: 'completed', operation: 'messages' });
  });

  it('is not cut any more when it has said its last word', async () => {
    const whole = Array.from({ length: 300 }, () => chunk('a')).join('') + chunk('a', 'stop') + done;
    const { edge } = await running(tokens(100), true, (request, response) => {
      request.resume().on('end', () => response.writeHead(200, sse).end(whole));
    });
    const { raised, heard } = await listen(await open(edge), () => undefined, 0);
    expect([raised, heard]).toEqual([undefined, 301]);
    expect(last(edge, 'call.completed')).toMatchObject({ outcome: 'completed' });
  });
});

describe('a stream that uses more than its limits hold', () => {
  it('goes on to its end where the tenant says nothing, and counts', async () => {
    const { edge, say } = await running(tokens(100), false);
    const { raised, heard } = await listen(await open(edge), (what) => say(0, what), 200);
    expect(raised).toBeUndefined();
    expect(heard).toBeGreaterThan(199);
    expect(last(edge, 'call.completed')).toMatchObject({ outcome: 'completed', finish_reason: 'stop' });
    expect((await post(edge, { ...input, stream: false })).status).toBe(429);
  });
});
