import { createHash } from 'node:crypto';
import Anthropic, { APIError as AnthropicError, PermissionDeniedError as AnthropicDenied } from '@anthropic-ai/sdk';
import { createOpenAI } from '@ai-sdk/openai';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { APICallError, embed, generateText, streamText } from 'ai';
import { PermissionDeniedError, toFile } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '#libs/testing';
import {
  admin,
  clearProviderRequests,
  decisionRows,
  demoKey,
  gatewayUrl,
  local,
  openai,
  providerRequests,
} from '../system/system.js';

const claude = 'anthropic-main/claude';
const gpt = 'openai-main/gpt-4';
const embedding = 'openai-main/text-embedding-3-small';
const question = { max_tokens: 64, messages: [{ role: 'user' as const, content: 'Say hello.' }] };
const manager = () => demoKey('acme', 'manager');
const anthropic = (name: string) =>
  new Anthropic({ baseURL: gatewayUrl(), apiKey: demoKey('acme', name), maxRetries: 0 });

async function textOf(stream: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const part of stream) text += part;
  return text;
}

const thrownBy = (call: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(call).then(
    () => undefined,
    (error: unknown) => error,
  );

/** Makes a model of the sandbox behave so, until the test is over. */
async function behave(model: string, behaviour: object): Promise<void> {
  const url = `${local().sandbox_provider.url}/_control/models/${model}`;
  const answer = await fetch(url, { method: 'PUT', body: JSON.stringify(behaviour) });
  expect(answer.status).toBeLessThan(300);
}

const media = { 'openai-main/gpt-image': 'image', 'openai-main/gpt-audio': 'audio' };
const mediaModel = ([name, type]: [string, string]) => `
apiVersion: gatehouse/v1
kind: Model
metadata: {name: ${name}, tenant: acme, tags: {env: production, tier: premium}}
spec: {upstreamModel: ${name.split('/')[1]}, types: [${type}]}
`;

beforeAll(async () => {
  const yaml = Object.entries(media).map(mediaModel).join('---');
  await admin('policy', 'POST', '/v1/apply', demoKey('acme', 'admin'), { yaml });
  const isThere = (name: string) =>
    openai(manager())
      .models.retrieve(name)
      .then(Boolean, () => false);
  for (const name of Object.keys(media)) await waitFor(() => isThere(name), { timeoutMs: 60_000, what: name });
});
afterAll(async () => {
  for (const name of Object.keys(media)) {
    const path = `/v1/models/${encodeURIComponent(name)}`;
    await admin('policy', 'DELETE', path, demoKey('acme', 'admin'), { headers: { 'if-match': '*' } });
  }
});
beforeEach(clearProviderRequests);

describe.each(['/v1', '/api/llm'])('below %s', (path) => {
  it('OpenAI’s stock client gets a text completion, and a response by a stored prompt, plain and streamed', async () => {
    const client = openai(manager(), { path });
    const completion = await client.completions.create({ model: gpt, prompt: 'Say hello.' });
    expect(completion.choices[0]?.text).toContain('Sandbox(gpt-4)');
    const prompt = { id: 'greeting', variables: { name: 'Ada' } };
    const response = await client.responses.create({ model: gpt, prompt });
    expect(response.output_text).toContain('Sandbox(gpt-4)');
    const types: string[] = [];
    for await (const { type } of await client.responses.create({ model: gpt, input: 'Hi.', stream: true })) {
      types.push(type);
    }
    expect([types[0], types.at(-1)]).toEqual(['response.created', 'response.completed']);
    expect((await providerRequests()).map((request) => request.path)).toEqual([
      '/v1/completions',
      '/v1/responses',
      '/v1/responses',
    ]);
  });

  it('OpenAI’s stock client gets images and audio: every byte that was sent, and every byte that came back', async () => {
    const client = openai(manager(), { path });
    const [image, audio] = Object.keys(media) as [string, string];
    const upload = (bytes: string) => toFile(Buffer.from(bytes), 'ä.png');
    const picture = async (bytes: string) => {
      const asked = { model: image, prompt: 'a cat', image: await upload(bytes) };
      return (await client.images.edit(asked)).data?.[0]?.b64_json;
    };
    expect((await client.images.generate({ model: image, prompt: 'a cat', n: 2 })).data).toHaveLength(2);
    expect(await picture('one')).toBe(await picture('one'));
    expect(await picture('one')).not.toBe(await picture('two'));
    const sound = await client.audio.speech.create({ model: audio, voice: 'alloy', input: 'Say hello.' });
    const digest = createHash('sha512').update('Say hello.').digest();
    expect(Buffer.from(await sound.arrayBuffer())).toEqual(digest);
    const { text } = await client.audio.transcriptions.create({ model: audio, file: await upload('spoken') });
    expect(text).toMatch(/^Sandbox\(gpt-audio\) heard 6 bytes [0-9a-f]{16}$/u);
    const denied = openai(demoKey('acme', 'economy'), { path }).images.edit({
      model: image,
      prompt: 'a cat',
      image: await upload('one'),
    });
    await expect(denied).rejects.toBeInstanceOf(PermissionDeniedError);
  });

  it('the Vercel AI SDK gets chat, responses, their streams and embeddings, and its own error where it may not', async () => {
    const provider = createOpenAI({ baseURL: `${gatewayUrl()}${path}`, apiKey: manager() });
    const asked = { prompt: 'Say hello.', maxRetries: 0 };
    for (const model of [provider.chat(gpt), provider.responses(gpt)]) {
      expect((await generateText({ model, ...asked })).text).toContain('Sandbox(gpt-4)');
      expect(await textOf(streamText({ model, ...asked }).textStream)).toContain('Sandbox(gpt-4)');
    }
    const vector = await embed({ model: provider.embedding(embedding), value: 'hello', maxRetries: 0 });
    expect(vector.embedding.length).toBeGreaterThan(0);
    const error = await thrownBy(generateText({ model: provider.chat('openai-main/gpt-9'), ...asked }));
    expect(APICallError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ statusCode: 403, isRetryable: false });
  });

  it('LangChain gets chat, its stream and embeddings, and OpenAI’s error where it may not', async () => {
    const asked = { apiKey: manager(), configuration: { baseURL: `${gatewayUrl()}${path}` }, maxRetries: 0 };
    const chat = new ChatOpenAI({ ...asked, model: gpt });
    expect((await chat.invoke('Say hello.')).text).toContain('Sandbox(gpt-4)');
    let streamed = '';
    for await (const part of await chat.stream('Say hello.')) streamed += part.text;
    expect(streamed).toContain('Sandbox(gpt-4)');
    const vectors = await new OpenAIEmbeddings({ ...asked, model: embedding }).embedQuery('hello');
    expect(vectors.length).toBeGreaterThan(0);
    const denied = new ChatOpenAI({ ...asked, model: 'openai-main/gpt-9' }).invoke('Say hello.');
    expect(await thrownBy(denied)).toBeInstanceOf(PermissionDeniedError);
  });
});

describe('Anthropic’s stock client', () => {
  it('gets a message, its stream and a count of tokens, each decided by the same policy and on record', async () => {
    const client = anthropic('analyst');
    const asked = client.messages.create({ model: claude, ...question });
    const { data, response } = await asked.withResponse();
    expect(data.content[0]).toMatchObject({ type: 'text', text: expect.stringContaining('Sandbox(claude)') });
    const [row] = await decisionRows(String(response.headers.get('gatehouse-decision-id')));
    expect(row).toMatchObject({ operation: 'messages', resolved_model: claude, outcome: 'allow' });
    const stream = client.messages.stream({ model: claude, ...question });
    expect(await stream.finalText()).toContain('Sandbox(claude)');
    const counted = await client.messages.countTokens({ model: claude, messages: question.messages });
    expect(counted.input_tokens).toBeGreaterThan(0);
  });

  it('gets its own error where it may not, and nothing reaches the provider', async () => {
    const denied = anthropic('economy').messages.create({ model: claude, ...question });
    const error = await thrownBy(denied);
    expect(error).toBeInstanceOf(AnthropicDenied);
    expect(error).toMatchObject({ status: 403, type: 'permission_error' });
    expect(await providerRequests()).toEqual([]);
  });
});

describe('a stream that breaks off never looks finished', () => {
  it('to any stock client, on any surface', async () => {
    await behave('gpt-4', { break_after_chunks: 2 });
    await behave('claude', { break_after_chunks: 4 });
    try {
      const client = openai(manager());
      const drain = async (stream: AsyncIterable<unknown>) => {
        for await (const _ of stream) continue;
      };
      const { messages } = question;
      const calls = [
        async () => drain(await client.chat.completions.create({ model: gpt, messages, stream: true })),
        async () => drain(await client.completions.create({ model: gpt, prompt: 'Hi.', stream: true })),
        async () => drain(await client.responses.create({ model: gpt, input: 'Hi.', stream: true })),
      ];
      for (const call of calls) expect(await thrownBy(call())).toMatchObject({ code: 'upstream_error' });
      const streamed = anthropic('manager').messages.stream({ model: claude, ...question });
      expect(await thrownBy(streamed.finalText())).toBeInstanceOf(AnthropicError);
    } finally {
      await behave('gpt-4', {});
      await behave('claude', {});
    }
  });
});
