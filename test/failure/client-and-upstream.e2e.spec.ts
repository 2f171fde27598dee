import { APIError, APIUserAbortError, type OpenAI } from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '#libs/testing';
import { act, decisionRows, demoKey, gatewayUrl, openai } from '../system/system.js';
import { idOf, modelCall } from './model-call.js';
import { behave, behaveWell, callRows, upstreamed } from './provider-control.js';

const model = 'local/mistral';
const upstreamModel = 'mistral';
const messages = [{ role: 'user' as const, content: 'Count to three.' }];
const manager = () => openai(demoKey('acme', 'manager'));

beforeEach(behaveWell);
afterEach(behaveWell);

/** One decision that allowed it, and one end. */
async function theOnlyEnd(id: string) {
  const [rows, ends] = [await decisionRows(id), await callRows(id)];
  expect([rows.length, rows[0]?.outcome, ends.length]).toEqual([1, 'allow', 1]);
  return ends[0];
}

describe('an upstream that breaks', () => {
  it('in the middle of a stream raises in the stock client, does not look finished, and is recorded as interrupted', async () => {
    await behave(upstreamModel, { break_after_chunks: 3 });
    const { data, response } = await manager()
      .chat.completions.create({ model, messages, stream: true })
      .withResponse();
    const seen: OpenAI.ChatCompletionChunk[] = [];
    const read = async () => {
      for await (const chunk of data) seen.push(chunk);
    };
    await expect(read()).rejects.toThrow(APIError);
    expect(seen).toHaveLength(3);
    expect(seen.flatMap(({ choices }) => choices).map(({ finish_reason: reason }) => reason)).toEqual([
      null,
      null,
      null,
    ]);
    expect(await theOnlyEnd(String(idOf(response.headers)))).toMatchObject({
      outcome: 'interrupted',
      http_status: 200,
    });
  });

  it('in the middle of a plain answer raises too, and is recorded as interrupted', async () => {
    await behave(upstreamModel, { break_after_chunks: 0 });
    await expect(manager().chat.completions.create({ model, messages })).rejects.toThrow(Error);
    const [reached] = await upstreamed();
    expect(await theOnlyEnd(String(reached?.request_id))).toMatchObject({ outcome: 'interrupted' });
  });

  it('refuses the gateway’s own key is 502 without a word of why', async () => {
    await behave(upstreamModel, { status: 401 });
    const seen = await modelCall(manager(), model);
    expect([seen.status, seen.code]).toEqual([502, 'upstream_error']);
    expect(await theOnlyEnd(String(seen.id))).toMatchObject({ outcome: 'failed', error_type: 'upstream_401' });
  });

  it('is down is 502, and 200 again as soon as it is back', async () => {
    await act('sandbox_provider', 'stop');
    try {
      for (const stream of [false, true]) {
        const seen = await modelCall(manager(), model, stream);
        expect([seen.status, seen.code]).toEqual([502, 'upstream_error']);
        expect(await theOnlyEnd(String(seen.id))).toMatchObject({ outcome: 'failed', http_status: 502 });
      }
    } finally {
      await act('sandbox_provider', 'start');
    }
    expect((await modelCall(manager(), model)).status).toBe(200);
  });
});

describe('a client that leaves', () => {
  it('before the first byte stops the upstream, and is recorded once', async () => {
    await behave(upstreamModel, { latency_ms: 120_000 });
    const leave = new AbortController();
    const call = manager().chat.completions.create({ model, messages }, { signal: leave.signal });
    call.catch(() => undefined);
    const reached = await waitFor(async () => (await upstreamed())[0], { timeoutMs: 30_000 });
    leave.abort();
    await expect(call).rejects.toThrow(APIUserAbortError);
    const after = await waitFor(async () => (await upstreamed()).find(({ aborted }) => aborted));
    expect(after).toMatchObject({ request_id: reached.request_id, state: 'aborted' });
    expect(await theOnlyEnd(reached.request_id)).toMatchObject({ outcome: 'cancelled' });
  });

  it('in the middle of a stream stops the upstream, and is charged once for what was used', async () => {
    await behave(upstreamModel, { chunks: 10_000, chunk_interval_ms: 20 });
    const { data, response } = await manager()
      .chat.completions.create({ model, messages, stream: true })
      .withResponse();
    let chunks = 0;
    for await (const _chunk of data) {
      chunks += 1;
      if (chunks === 5) break;
    }
    await waitFor(async () => (await upstreamed()).find(({ state }) => state === 'aborted'));
    const end = await theOnlyEnd(String(idOf(response.headers)));
    expect(end).toMatchObject({ outcome: 'cancelled', usage_source: 'estimated' });
    expect(Number(end?.output_tokens)).toBeGreaterThan(0);
    expect(Number(end?.output_tokens)).toBeLessThan(10_000);
  });
});

describe('usage that cannot be true', () => {
  const hostile: [string, unknown][] = [
    ['a negative figure', { prompt_tokens: -5, completion_tokens: -1_000_000, total_tokens: -1_000_005 }],
    ['a figure beyond all numbers', { prompt_tokens: 1e300, completion_tokens: 1, total_tokens: 1 }],
    ['half a token', { prompt_tokens: 0.5, completion_tokens: 1, total_tokens: 2 }],
    ['a text', { prompt_tokens: 'none', completion_tokens: '-7', total_tokens: 'free' }],
    ['a list', [-1, -2]],
    ['nothing', null],
  ];
  it.each(hostile)('as %s credits nobody: what was used is estimated', async (_what, usage) => {
    await behave(upstreamModel, { usage });
    const seen = [await modelCall(manager(), model), await modelCall(manager(), model, true)];
    for (const { id, status } of seen) {
      expect(status).toBe(200);
      const end = await theOnlyEnd(String(id));
      expect(end?.usage_source).toBe('estimated');
      for (const figure of [end?.input_tokens, end?.output_tokens]) expect(Number(figure)).toBeGreaterThan(0);
      expect(Number(end?.cost)).toBeGreaterThanOrEqual(0);
    }
  });

  it('as more from the cache than was asked does not make the call cheaper than nothing', async () => {
    await behave('gpt-4', {
      usage: { prompt_tokens: 10, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 1_000_000 } },
    });
    const { id } = await modelCall(manager(), 'openai-main/gpt-4');
    const end = await theOnlyEnd(String(id));
    expect([Number(end?.input_tokens), Number(end?.cost) > 0]).toEqual([10, true]);
  });

  it('is not what an explicit zero is: zero', async () => {
    await behave(upstreamModel, { usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } });
    const { id } = await modelCall(manager(), model);
    const end = await theOnlyEnd(String(id));
    expect([end?.usage_source, Number(end?.input_tokens), Number(end?.output_tokens)]).toEqual(['upstream', 0, 0]);
  });
});

describe('a body beyond the bound', () => {
  it.each(['announced', 'not announced'])('whose length is %s is 413, recorded, and reaches nobody', async (how) => {
    const text = JSON.stringify({ model, messages: [{ role: 'user', content: 'x'.repeat(17 * 1024 * 1024) }] });
    const answer = await fetch(`${gatewayUrl()}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${demoKey('acme', 'manager')}`, 'content-type': 'application/json' },
      body: how === 'announced' ? text : new Blob([text]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ error: { code: 'body_too_large' } });
    const [row] = await decisionRows(String(idOf(answer.headers)));
    expect(row).toMatchObject({ outcome: 'deny', code: 'body_too_large', tenant_id: 'acme' });
    expect(await upstreamed()).toEqual([]);
  });
});
