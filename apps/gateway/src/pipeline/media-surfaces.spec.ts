import type { RequestListener } from 'node:http';
import { toFile } from 'openai';
import { describe, expect, it } from 'vitest';
import { boundary, field, file, formOf } from '../body/form/form.fixture.js';
import { sse } from '../relay/relay.fixture.js';
import { client, codeOf } from './pipeline.fixture.js';
import { event } from '../anthropic/anthropic.fixture.js';
import { document, surfaces } from './surfaces.fixture.js';

/** Every byte there is, and what looks like the end of a line or of a part. */
const bytes = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)), Buffer.from('\r\n--x\r\n')]);
const picture = () => toFile(bytes, 'ä b.png', { type: 'image/png' });
const sound = () => toFile(bytes, 'a.wav', { type: 'audio/wav' });
const tokens = { input_tokens: 50, output_tokens: 1_000, input_tokens_details: { cached_tokens: 10 } };
const used = { input_tokens: 50, cached_input_tokens: 10, output_tokens: 1_000, usage_source: 'upstream' };
const pictures = { created: 1, data: [{ b64_json: bytes.toString('base64') }], usage: tokens };

type Sent = { readonly url: string; readonly type: string; readonly accept: string; readonly body: Buffer };

/** An upstream that answers so, and keeps what it was sent byte for byte. */
function media(type: string, ...parts: readonly (string | Buffer)[]) {
  const sent: Sent[] = [];
  const listener: RequestListener = (request, response) => {
    const received: Buffer[] = [];
    request.on('data', (part: Buffer) => received.push(part));
    request.on('end', () => {
      const { 'content-type': contentType = '', accept = '' } = request.headers;
      sent.push({ url: request.url ?? '', type: contentType, accept, body: Buffer.concat(received) });
      response.writeHead(200, type === 'sse' ? sse : { 'content-type': type });
      for (const part of parts) response.write(part);
      response.end();
    });
  };
  return { listener, sent };
}

/** As a reader that is none of the gateway's finds it. */
const formIn = ({ body, type }: Sent) =>
  new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();

const postForm = (
  { url, keys }: Awaited<ReturnType<typeof surfaces>>,
  path: string,
  body: Buffer,
  type = `multipart/form-data; boundary=${boundary}`,
) =>
  fetch(`${url}/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keys.dev}`, 'content-type': type },
    body: new Uint8Array(body),
  });

describe.each(['/v1', '/api/llm'])('the stock client below %s', (prefix) => {
  it('gets images, edits and variations, whose usage is reckoned', async () => {
    const { listener, sent } = media('application/json', JSON.stringify(pictures));
    const edge = await surfaces(listener);
    const { images } = client(edge, edge.keys.dev, prefix);
    const asked = { model: 'openai/image', prompt: 'a cat' };
    const answers = [
      await images.generate(asked),
      await images.edit({ ...asked, image: [await picture(), await picture()], mask: await picture() }),
      await images.createVariation({ model: asked.model, image: await picture() }),
    ];
    for (const { data } of answers) expect(data?.[0]?.b64_json).toBe(bytes.toString('base64'));
    expect(sent.map(({ url }) => url)).toEqual(['/v1/images/generations', '/v1/images/edits', '/v1/images/variations']);
    expect(JSON.parse(String(sent[0]?.body))).toEqual({ model: 'up-image', prompt: 'a cat' });
    for (const call of sent.slice(1)) {
      const form = await formIn(call);
      expect(form.getAll('model')).toEqual(['up-image']);
      for (const part of [...form.getAll('image'), ...form.getAll('image[]'), ...form.getAll('mask')]) {
        expect(Buffer.from(await (part as File).arrayBuffer())).toEqual(bytes);
      }
    }
    const ends = edge.spool.records.filter(({ type }) => type === 'call.completed');
    expect(ends).toHaveLength(3);
    for (const end of ends) expect(end).toMatchObject({ ...used, operation: 'images', cost: '1.05' });
  });

  it('gets speech, byte for byte, and is charged what it asked where nothing is reported', async () => {
    const { listener, sent } = media('audio/mpeg', bytes.subarray(0, 100), bytes.subarray(100));
    const edge = await surfaces(listener);
    const { audio } = client(edge, edge.keys.dev, prefix);
    const asked = { model: 'openai/audio', voice: 'alloy', input: 'Say hello.' };
    const answer = await audio.speech.create(asked);
    expect(answer.headers.get('content-type')).toBe('audio/mpeg');
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes);
    expect(sent[0]).toMatchObject({ url: '/v1/audio/speech', accept: '*/*' });
    const end = { operation: 'audio', usage_source: 'estimated', output_tokens: 0, outcome: 'completed' };
    expect(edge.spool.records[1]).toMatchObject(end);
  });

  it('gets transcripts and translations, by tokens and by duration', async () => {
    const usage = { type: 'tokens', ...tokens };
    const { listener, sent } = media('application/json', JSON.stringify({ text: 'hello', usage }));
    const edge = await surfaces(listener);
    const { audio } = client(edge, edge.keys.dev, prefix);
    expect((await audio.transcriptions.create({ model: 'openai/audio', file: await sound() })).text).toBe('hello');
    expect((await audio.translations.create({ model: 'openai/audio', file: await sound() })).text).toBe('hello');
    expect(sent.map(({ url }) => url)).toEqual(['/v1/audio/transcriptions', '/v1/audio/translations']);
    const part = (await formIn(sent[0] as Sent)).get('file') as File;
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes);
    for (const at of [1, 3]) expect(edge.spool.records[at]).toMatchObject({ ...used, operation: 'audio' });
  });
});

describe('an answer of sound or pictures', () => {
  it('in events is read for its usage, and passes untouched', async () => {
    const streams = [
      ['/images/edits', 'image_edit', formOf([field('model', 'openai/image'), field('stream', 'true'), file('image')])],
      [
        '/audio/transcriptions',
        'transcript.text',
        formOf([field('model', 'openai/audio'), field('stream', 'true'), file('file')]),
      ],
    ] as const;
    for (const [path, name, body] of streams) {
      const last = name === 'image_edit' ? 'image_edit.completed' : 'transcript.text.done';
      const events = [event(`${name}.partial_image`, { b64_json: 'AA' }), event(last, { usage: tokens })];
      const { listener, sent } = media('sse', ...events);
      const edge = await surfaces(listener);
      expect(await (await postForm(edge, path, body)).text()).toBe(events.join(''));
      expect(sent[0]?.accept).toBe('text/event-stream');
      expect(edge.spool.records[1]).toMatchObject({ ...used, stream: true, outcome: 'completed' });
    }
  });

  it('that a client asks for as events of speech is one, too', async () => {
    const events = [event('speech.audio.delta', { audio: 'AA' }), event('speech.audio.done', { usage: tokens })];
    const { listener } = media('sse', ...events);
    const edge = await surfaces(listener);
    const asked = { model: 'openai/audio', voice: 'alloy', input: 'hi', stream_format: 'sse' as const };
    const answer = await client(edge, edge.keys.dev).audio.speech.create(asked);
    expect(await answer.text()).toBe(events.join(''));
    expect(edge.spool.records[1]).toMatchObject({ ...used, stream: true });
  });

  it('that breaks off in its middle does not look whole, and is on record as interrupted', async () => {
    const edge = await surfaces((_request, response) => {
      response.writeHead(200, { 'content-type': 'audio/mpeg' });
      response.write(bytes, () => response.destroy());
    });
    const asked = { model: 'openai/audio', voice: 'alloy', input: 'hi' };
    const answer = await client(edge, edge.keys.dev).audio.speech.create(asked);
    await expect(answer.arrayBuffer()).rejects.toThrow();
    expect(edge.spool.records[1]).toMatchObject({ outcome: 'interrupted', usage_source: 'estimated' });
  });

  it('in bare text passes as it is', async () => {
    const { listener } = media('text/plain', 'hello, "usage": {"input_tokens": 0, "output_tokens": 0}');
    const edge = await surfaces(listener);
    const asked = { model: 'openai/audio', file: await sound(), response_format: 'text' as const };
    expect(await client(edge, edge.keys.dev).audio.transcriptions.create(asked)).toContain('hello');
    // What a text says of its usage is what somebody said.
    expect(edge.spool.records[1]).toMatchObject({ usage_source: 'estimated', output_tokens: 14 });
  });
});

describe('a file that is sent', () => {
  const ask = (model = 'openai/audio') => [field('model', model), file('file', Buffer.alloc(40_000, 7))];

  it('has no tokens of its own where nothing is reported: only the texts beside it are reckoned', async () => {
    const edge = await surfaces(media('application/json', '{"text":""}').listener);
    await (await postForm(edge, '/audio/transcriptions', formOf([...ask(), field('prompt', '12345678')]))).text();
    const [, end] = edge.spool.records;
    expect(end).toMatchObject({ usage_source: 'estimated', input_tokens: Math.ceil((12 + 8) / 4) });
  });

  it('has none where its duration is reported', async () => {
    const usage = { type: 'duration', seconds: 3 };
    const edge = await surfaces(media('application/json', JSON.stringify({ text: 'hello', usage })).listener);
    await (await postForm(edge, '/audio/transcriptions', formOf(ask()))).text();
    expect(edge.spool.records[1]).toMatchObject({ usage_source: 'upstream', input_tokens: 0, output_tokens: 0 });
  });

  it('goes on byte for byte but for the model’s name, with the boundary that was read', async () => {
    const { listener, sent } = media('application/json', '{"text":""}');
    const edge = await surfaces(listener);
    const type = `Multipart/Form-Data; charset=UTF-8; Boundary="${boundary}"`;
    const parts = [file('file', bytes), field('x', bytes.toString('latin1'))];
    await postForm(edge, '/audio/transcriptions', formOf([...parts, field('model', 'openai/audio')]), type);
    expect(sent[0]?.body).toEqual(formOf([...parts, field('model', 'up-audio')]));
    expect(sent[0]?.type).toBe(`multipart/form-data; boundary=${boundary}`);
  });

  it('is refused above the bound of all bodies, before a model is looked at', async () => {
    const edge = await surfaces(media('application/json', '{}').listener);
    const body = formOf([file('file', Buffer.alloc(200_000)), field('model', 'openai/audio')]);
    expect(await codeOf(await postForm(edge, '/audio/transcriptions', body))).toBe('413 body_too_large');
    expect(edge.upstreamRequests).toEqual([]);
  });

  it('is not taken where the boundary is part of what the provider calls the model', async () => {
    const edge = await surfaces(media('application/json', '{}').listener, [
      document('Model', 'openai/odd', { upstreamModel: 'odd--x', types: ['audio'] }, { env: 'development' }),
    ]);
    const body = formOf([field('model', 'openai/odd'), file('file')], 'x');
    const answer = await postForm(edge, '/audio/transcriptions', body, 'multipart/form-data; boundary=x');
    expect(await codeOf(answer)).toBe('400 ambiguous_body');
  });
});
