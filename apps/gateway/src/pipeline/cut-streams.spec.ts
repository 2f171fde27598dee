import type { RequestListener } from 'node:http';
import { APIError as AnthropicError } from '@anthropic-ai/sdk';
import { principalKey, revocationKey } from '#libs/contracts';
import { APIError } from 'openai';
import { describe, expect, it } from 'vitest';
import { event as anthropicEvent, messageStream } from '../anthropic/anthropic.fixture.js';
import { chunk, done, event, sse } from '../relay/relay.fixture.js';
import { chat, client as openai, type Gateway } from './pipeline.fixture.js';
import { anthropic, document, surfaces } from './surfaces.fixture.js';
import { token, trustTokens } from './token.fixture.js';

/** Upstreams of every form that never come to an end, and how many of their streams were stopped. */
function endless() {
  const seen = { stopped: 0, finish: () => undefined as void };
  const first: Record<string, string> = {
    '/v1/chat/completions': chunk('a'),
    '/v1/responses': event({ type: 'response.output_text.delta', delta: 'a', item_id: 'i', output_index: 0 }),
    '/v1/messages': messageStream.slice(0, 4).join(''),
  };
  const listener: RequestListener = (request, response) => {
    response.on('close', () => (seen.stopped += 1));
    seen.finish = () => void response.end(chunk('b', 'stop') + done);
    request.resume().on('end', () => {
      response.writeHead(200, sse).write(first[request.url ?? ''] ?? anthropicEvent('ping'));
    });
  };
  return { listener, seen };
}

async function running(cutStreamsOnRevoke: boolean) {
  const { listener, seen } = endless();
  const edge = await surfaces(listener, [document('TenantSettings', 'settings', { cutStreamsOnRevoke })]);
  return { edge, seen };
}

const input = { model: 'openai/chat', messages: chat.messages, stream: true as const };
const question = { model: 'anthropic/claude', max_tokens: 16, messages: chat.messages, stream: true as const };
const surfacesOf: [
  string,
  (edge: Gateway, key: string) => Promise<AsyncIterable<unknown>>,
  new (...given: never[]) => Error,
][] = [
  ['chat completions', (edge, key) => openai(edge, key).chat.completions.create(input), APIError],
  [
    'responses',
    (edge, key) => openai(edge, key).responses.create({ model: 'openai/chat', input: 'hi', stream: true }),
    APIError,
  ],
  ['messages', (edge, key) => anthropic(edge, key).messages.create(question), AnthropicError],
];

const suspended = { status: 'suspended', epoch: 2, email: 'd@x.example', teams: [], groups: [], labels: {} };
const suspend = ({ put }: Gateway) =>
  put(principalKey('user_dev'), {
    ...suspended,
    id: 'user_dev',
    kind: 'user',
    tenantId: 'acme',
    ownerTeam: null,
    operator: false,
    name: null,
  });

/** Reads a stream's first event, has `happen` happen, and answers what reading on raised. */
async function raisedAfter(stream: AsyncIterable<unknown>, happen: () => void): Promise<unknown> {
  let seen = 0;
  try {
    for await (const _ of stream) {
      seen += 1;
      if (seen === 1) happen();
    }
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('a stream whose credential is revoked in its middle, where the tenant wants it cut', () => {
  it.each(surfacesOf)(
    'raises in the stock client of %s, is recorded once and stops the upstream',
    async (_, open, of) => {
      const { edge, seen } = await running(true);
      const raised = await raisedAfter(await open(edge, edge.keys.dev), () => suspend(edge));
      expect(raised).toBeInstanceOf(of);
      expect(JSON.stringify((raised as APIError).error)).toContain('invalid_api_key');
      await expect.poll(() => seen.stopped).toBe(1);
      const ends = edge.spool.records.filter(({ type }) => type === 'call.completed');
      expect(ends).toHaveLength(1);
      expect(ends[0]).toMatchObject({
        outcome: 'interrupted',
        error_type: 'principal_suspended',
        usage_source: 'estimated',
        http_status: 200,
      });
    },
  );

  it.each<[string, (edge: Gateway) => void, string]>([
    ['itself', ({ put }) => put(revocationKey('grant', 'grant_1'), 'unreadable' as never), 'token_revoked'],
    ['of a user who is suspended', suspend, 'principal_suspended'],
  ])('is cut when it is a token %s', async (_, happen, errorType) => {
    const { edge } = await running(true);
    trustTokens(edge);
    const stream = await openai(edge, await token()).chat.completions.create(input);
    expect(await raisedAfter(stream, () => happen(edge))).toBeInstanceOf(APIError);
    expect(edge.spool.records.at(-1)).toMatchObject({ outcome: 'interrupted', error_type: errorType });
  });
});

describe('a stream', () => {
  it.each([
    ['whose credential holds', true, () => undefined],
    ['whose credential is revoked, where the tenant does not want it cut', false, suspend],
  ] as const)('%s goes on to its own end', async (_, wants, happen) => {
    const { edge, seen } = await running(wants);
    const stream = await openai(edge, edge.keys.dev).chat.completions.create(input);
    const raised = await raisedAfter(stream, () => {
      happen(edge);
      // Several looks later.
      setTimeout(() => seen.finish(), 350);
    });
    expect(raised).toBeUndefined();
    expect(edge.spool.records.at(-1)).toMatchObject({ outcome: 'completed', finish_reason: 'stop' });
  });

  it('ends in an error when the gateway stops before its end, and is on record as interrupted by it', async () => {
    const { edge, seen } = await running(false);
    const stream = await openai(edge, edge.keys.dev).chat.completions.create(input);
    const raised = await raisedAfter(stream, () => edge.pipeline.cut());
    expect(raised).toBeInstanceOf(APIError);
    expect((raised as APIError).code).toBe('not_ready');
    await edge.pipeline.drained();
    await expect.poll(() => seen.stopped).toBe(1);
    expect(edge.spool.records.at(-1)).toMatchObject({ outcome: 'interrupted', error_type: 'gateway_stopped' });
  });
});
