import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { chunk, done, sse, usageEvent } from '../relay/relay.fixture.js';
import { document, surfaces } from '../pipeline/surfaces.fixture.js';
import { post, type Gateway } from '../pipeline/pipeline.fixture.js';
import { keeping, keptOf, storing } from './keeping.fixture.js';

const stream = [chunk('a'), chunk('b', 'stop'), usageEvent, done];
const whole = JSON.stringify({ model: 'm', choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } });
/** As a caller would write it, and no parser would write it again. */
const body = (more = '') => `{ "model" : "openai/chat", "messages":[{"role":"user","content":"hi \\u00e4"}]${more} }`;

const answering =
  (how: (body: { stream?: boolean }) => Parameters<RequestListener>[1] | object): RequestListener =>
  (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const said = JSON.parse(Buffer.concat(parts).toString()) as { stream?: boolean };
      const { status = 200, text, headers = {}, breaks = false } = how(said) as Answer;
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      if (breaks) return response.write(text, () => response.destroy());
      return response.end(text);
    });
  };
type Answer = { status?: number; text: string; headers?: Record<string, string>; breaks?: boolean };
const well = answering(({ stream: isStream }): Answer =>
  isStream ? { text: stream.join(''), headers: sse } : { text: whole },
);

async function edgeOf(listener: RequestListener, kept: ReturnType<typeof keeping>, more = [storing]): Promise<Gateway> {
  return surfaces(listener, more, { contents: kept.keeper });
}

describe('of a tenant that has prompts and answers kept', () => {
  it('the body stays as its caller sent it, and the answer as its caller got it', async () => {
    const kept = keeping();
    const edge = await edgeOf(well, kept);
    for (const more of ['', ',"stream":true']) {
      const answer = await post(edge, body(more), { 'content-type': 'application/json; charset=utf-8' });
      const text = await answer.text();
      const { contents, request, texts } = keptOf(kept, -1);
      expect(contents.place).toMatchObject({ tenantId: 'acme', principalId: 'user_dev' });
      expect(contents.place.decisionId).toBe(answer.headers.get('gatehouse-decision-id'));
      expect(texts).toEqual([body(more), text]);
      expect(request).toMatchObject({
        contentType: 'application/json; charset=utf-8',
        isTruncated: false,
        omitted: null,
      });
    }
    // The usage of a stream was asked for in the caller's place, and is not the caller's.
    expect(keptOf(kept, 1).texts[1]).not.toContain('usage":{');
    expect(kept.calls).toHaveLength(2);
  });

  it('no more is kept than the bound, and how much there was', async () => {
    const kept = keeping({ bytesMax: 10 });
    const edge = await edgeOf(well, kept);
    await (await post(edge, body())).text();
    const { contents, request, answer, texts } = keptOf(kept);
    expect(texts).toEqual([body().slice(0, 10), whole.slice(0, 10)]);
    expect(request).toMatchObject({ isTruncated: true, bytes: Buffer.byteLength(body()) });
    expect(answer).toMatchObject({ isTruncated: true, bytes: whole.length });
    expect(contents.sizes).toEqual({ requestBytes: Buffer.byteLength(body()), answerBytes: whole.length });
  });

  it('what an upstream refuses, breaks off or compresses is kept as far as its caller got it', async () => {
    const kept = keeping();
    const answers: Answer[] = [
      { status: 400, text: '{"error":{"message":"no"}}' },
      { text: 'data: {"choices"', headers: sse, breaks: true },
      { text: 'zip', headers: { 'content-encoding': 'x-gzip' } },
    ];
    const edge = await edgeOf(
      answering(() => answers.shift() ?? { text: '' }),
      kept,
    );
    await (await post(edge, body())).text();
    await post(edge, body(',"stream":true'))
      .then((answer) => answer.text())
      .catch(() => undefined);
    await post(edge, body())
      .then((answer) => answer.text())
      .catch(() => undefined);
    const answered = kept.calls.map((_, n) => keptOf(kept, n).answer);
    expect(keptOf(kept).texts[1]).toBe('{"error":{"message":"no"}}');
    expect(kept.calls).toHaveLength(3);
    expect(answered[1]).toMatchObject({ contentType: 'text/event-stream', omitted: null });
    expect(answered[2]).toMatchObject({ omitted: 'compressed', base64: '', bytes: 3, isTruncated: false });
  });

  it('a call that no upstream answered is kept without an answer', async () => {
    const kept = keeping();
    const edge = await edgeOf((_request, response) => response.destroy(), kept);
    expect((await post(edge, body())).status).toBe(502);
    expect(keptOf(kept).texts).toEqual([body(), null]);
  });

  it('without a key nothing is kept, which is counted, and calls go on', async () => {
    const kept = keeping({ hasKey: false });
    const edge = await edgeOf(well, kept);
    expect((await post(edge, body())).status).toBe(200);
    expect([kept.calls, kept.lost]).toEqual([[], ['no_key']]);
  });
});

it('of a tenant that has not turned it on, or turned it off, nothing is kept', async () => {
  for (const settings of [[], [document('TenantSettings', 'settings', { storePrompts: false })]]) {
    const kept = keeping();
    const edge = await edgeOf(well, kept, settings);
    expect((await post(edge, body())).status).toBe(200);
    expect([kept.calls, kept.lost]).toEqual([[], []]);
  }
});
