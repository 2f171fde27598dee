import OpenAI, { APIError, toFile } from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { listening } from '../listening.fixture.js';

let provider: Awaited<ReturnType<typeof listening>>;
let client: OpenAI;
const question = { model: 'gpt-4', messages: [{ role: 'user' as const, content: '12345678' }] };

beforeAll(async () => {
  provider = await listening();
  client = new OpenAI({ apiKey: 'sk-provider', baseURL: `${provider.url}/v1`, maxRetries: 0 });
});
afterAll(() => provider.close());

it('answers a chat completion with counted tokens', async () => {
  const answer = await client.chat.completions.create(question);
  expect(answer.choices[0]?.message.content).toMatch(/^Sandbox\(gpt-4\)/u);
  expect(answer.usage?.prompt_tokens).toBe(2);
  expect(answer.usage?.total_tokens).toBe(2 + (answer.usage?.completion_tokens ?? 0));
});

it('streams the same text, with usage only where it was asked for', async () => {
  const plain = await client.chat.completions.create(question);
  for (const include of [true, false]) {
    const options = include ? { stream_options: { include_usage: true } } : {};
    const stream = await client.chat.completions.create({ ...question, stream: true, ...options });
    let text = '';
    const usages: unknown[] = [];
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      if (chunk.usage) usages.push(chunk.usage);
    }
    expect(text).toBe(plain.choices[0]?.message.content);
    expect(usages).toEqual(include ? [plain.usage] : []);
  }
});

it('embeds equal texts as equal vectors', async () => {
  const model = 'text-embedding-3-small';
  const answer = await client.embeddings.create({ model, input: ['same', 'same', 'other'] });
  expect(answer.data[0]?.embedding).toEqual(answer.data[1]?.embedding);
  expect(answer.data[0]?.embedding).not.toEqual(answer.data[2]?.embedding);
  expect(answer.usage).toEqual({ prompt_tokens: 4, total_tokens: 4 });
});

it('serves responses, text completions and the list of models', async () => {
  const response = await client.responses.create({ model: 'gpt-4', input: 'hello' });
  expect(response.output_text).toMatch(/^Sandbox/u);
  const stream = await client.responses.create({ model: 'gpt-4', input: 'hello', stream: true });
  const types: string[] = [];
  for await (const event of stream) types.push(event.type);
  expect(types.at(-1)).toBe('response.completed');
  const completion = await client.completions.create({ model: 'gpt-4', prompt: 'hello' });
  expect(completion.choices[0]?.text).toMatch(/^Sandbox/u);
  expect((await client.models.list()).data.map(({ id }) => id)).toContain('llama-3');
});

it('flags texts with a word that is known', async () => {
  const { results } = await client.moderations.create({ model: 'mod', input: ['no harm done', 'harmless'] });
  expect(results.map(({ flagged }) => flagged)).toEqual([true, false]);
});

it('answers images and sounds that hang on every byte that was sent', async () => {
  const upload = (bytes: string) => toFile(Buffer.from(bytes), 'a.png');
  const pictureOf = async (bytes: string) => {
    const { data, usage } = await client.images.edit({ model: 'image', prompt: 'a cat', image: await upload(bytes) });
    expect(usage?.input_tokens).toBeGreaterThan(0);
    return data?.[0]?.b64_json;
  };
  expect(await pictureOf('x')).toBe(await pictureOf('x'));
  expect(await pictureOf('x')).not.toBe(await pictureOf('y'));
  const { data } = await client.images.generate({ model: 'image', prompt: 'a cat', n: 2 });
  expect(data).toHaveLength(2);
  const { text } = await client.audio.transcriptions.create({ model: 'audio', file: await upload('xyz') });
  expect(text).toMatch(/^Sandbox\(audio\) heard 3 bytes [0-9a-f]{16}$/u);
  const sound = await client.audio.speech.create({ model: 'audio', voice: 'alloy', input: 'hello' });
  expect([sound.headers.get('content-type'), (await sound.arrayBuffer()).byteLength]).toEqual(['audio/mpeg', 64]);
});

it('refuses a call without any provider key', async () => {
  const answer = await fetch(`${provider.url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(question) });
  expect(answer.status).toBe(401);
});

it('breaks a stream so that the stock client raises', async () => {
  await provider.call('PUT', '/_control/models/broken', { break_after_chunks: 2 });
  const stream = await client.chat.completions.create({ ...question, model: 'broken', stream: true });
  let chunks = 0;
  const read = async () => {
    for await (const _ of stream) chunks += 1;
  };
  await expect(read()).rejects.toThrow(/terminated|aborted|premature|closed|socket/iu);
  expect(chunks).toBe(2);
});

it('answers the status it was told, in the form of the provider', async () => {
  await provider.call('PUT', '/_control/models/busy', { status: 429 });
  const refused = await client.chat.completions.create({ ...question, model: 'busy' }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(APIError);
  expect(refused).toMatchObject({ status: 429, code: 'sandbox_429' });
  await provider.call('DELETE', '/_control/models/busy');
  await client.chat.completions.create({ ...question, model: 'busy' });
});

it('reports the usage it was told, and none for null', async () => {
  await provider.call('PUT', '/_control/models/odd', { usage: { prompt_tokens: -5 } });
  const odd = await client.chat.completions.create({ ...question, model: 'odd' });
  expect(odd.usage).toEqual({ prompt_tokens: -5 });
  await provider.call('PUT', '/_control/models/odd', { usage: null });
  const none = await client.chat.completions.create({ ...question, model: 'odd' });
  expect(none.usage).toBeUndefined();
});
