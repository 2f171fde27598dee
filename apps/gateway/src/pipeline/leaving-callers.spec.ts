import { waitFor } from '#libs/testing';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { messageStream } from '../anthropic/anthropic.fixture.js';
import { chunk, sse } from '../relay/relay.fixture.js';
import { surfaces } from './surfaces.fixture.js';

const messages = [{ role: 'user', content: 'hi' }];
const begun = messageStream.slice(0, 4).join('');
const created = 'event: response.created\ndata: {"type":"response.created"}\n\n';

/** Every surface that streams, with what its upstream has said when the caller leaves. */
const streaming = [
  ['/v1/chat/completions', 'openai/chat', { messages }, chunk('a')],
  ['/v1/chat/completions', 'anthropic/claude', { messages }, begun],
  ['/v1/completions', 'openai/completion', { prompt: 'hi' }, chunk('a')],
  ['/v1/responses', 'openai/chat', { input: 'hi' }, created],
  ['/v1/messages', 'anthropic/claude', { messages }, begun],
] as const;

describe.each(streaming)('a caller of %s with %s that leaves', (path, model, body, said) => {
  it.each([
    ['before the first byte', false, ''],
    ['in the middle of a stream', true, said],
  ])('%s stops the upstream, and is on record once', async (_when, stream, first) => {
    const upstream: { reply?: ServerResponse; isGone?: boolean } = {};
    const edge = await surfaces((_request, reply) => {
      upstream.reply = reply;
      reply.once('close', () => (upstream.isGone = !reply.writableFinished));
      if (stream) reply.writeHead(200, sse).write(first);
    });
    const leaving = new AbortController();
    const answer = fetch(`${edge.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${edge.keys.dev}` },
      body: JSON.stringify({ model, max_tokens: 4, stream, ...body }),
      signal: leaving.signal,
    });
    if (stream) await (await answer).body?.getReader().read();
    else await waitFor(() => upstream.reply !== undefined);
    leaving.abort();
    await answer.catch(() => undefined);
    await waitFor(() => upstream.isGone);
    await waitFor(() => edge.spool.records.length > 1);
    await edge.pipeline.drained();
    expect(edge.spool.records.map(({ type }) => type)).toEqual(['access.decided', 'call.completed']);
    expect(edge.spool.records[1]).toMatchObject({ outcome: 'cancelled', usage_source: 'estimated' });
  });
});
