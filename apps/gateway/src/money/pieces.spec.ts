import { describe, expect, it } from 'vitest';
import { boundary, field, file, formOf } from '../body/form/form.fixture.js';
import { plainMessage } from '../anthropic/anthropic.fixture.js';
import { post } from '../pipeline/pipeline.fixture.js';
import { answeringWith, document, surfaces } from '../pipeline/surfaces.fixture.js';

const priced = (name: string, types: string[], cost: object) =>
  document('Model', name, { upstreamModel: 'up', types, cost: { ...cost, currency: 'USD' } }, { env: 'development' });
const models = [
  priced('openai/painter', ['image'], { perImage: '0.04' }),
  priced('openai/listener', ['audio'], { perMinute: '0.06' }),
  priced('openai/each', ['chat'], { perRequest: '0.5' }),
  priced('anthropic/each', ['chat'], { perRequest: '0.5' }),
];
/** 45 s at the least that speech takes. */
const recording = Buffer.alloc(90_000, 7);

/** What the record says of one call's cost. */
async function costOfCall(path: string, body: object | Buffer<ArrayBuffer>, answer: string): Promise<string> {
  const edge = await surfaces(answeringWith(answer).listener, models);
  const headers = {
    authorization: `Bearer ${edge.keys.dev}`,
    'content-type': `multipart/form-data; boundary=${boundary}`,
  };
  const sent = Buffer.isBuffer(body)
    ? await fetch(`${edge.url}/v1${path}`, { method: 'POST', headers, body })
    : await post(edge, body, {}, `/v1${path}`);
  await sent.text();
  const end = edge.spool.records.at(-1);
  return end?.type === 'call.completed' ? end.cost : `${sent.status}`;
}

describe('images cost as many as were asked for', () => {
  const asked = { model: 'openai/painter', prompt: 'a cat' };

  it.each([
    [{}, '0.04'],
    [{ n: 3 }, '0.12'],
    [{ n: null }, '0.04'],
    [{ n: 0 }, '0.04'],
    [{ n: -5 }, '0.04'],
    [{ n: 2.5 }, '0.12'],
    [{ n: '3' }, '0.04'],
    [{ n: 1e300 }, '40'],
  ])('with %j: %s', async (count, cost) => {
    expect(await costOfCall('/images/generations', { ...asked, ...count }, '{"data":[]}')).toBe(cost);
  });

  it('in forms, too', async () => {
    const body = formOf([field('model', asked.model), field('n', '3'), file('image')]);
    expect(await costOfCall('/images/edits', body, '{"data":[]}')).toBe('0.12');
  });
});

describe('what is heard costs its minutes', () => {
  const body = formOf([field('model', 'openai/listener'), file('file', recording)]);
  const heard = (usage: unknown) => costOfCall('/audio/transcriptions', body, JSON.stringify({ text: 'hello', usage }));

  it.each([
    [30, '0.03'],
    [1.5, '0.0015'],
    [0, '0'],
  ])('by the %i seconds that are reported: %s', async (seconds, cost) => {
    expect(await heard({ type: 'duration', seconds })).toBe(cost);
  });

  it.each([
    undefined,
    null,
    { type: 'duration' },
    { type: 'duration', seconds: -30 },
    { type: 'duration', seconds: 1e300 },
    { type: 'duration', seconds: '1' },
    { type: 'tokens', input_tokens: 0, output_tokens: 0 },
  ])('by the bytes of the recording where %j is: nobody is credited', async (usage) => {
    // Beside the lines around the file.
    expect(Number(await heard(usage))).toBeCloseTo(0.045, 3);
  });
});

describe('a price by the request', () => {
  const messages = [{ role: 'user', content: 'hi' }];

  it('is charged once for what was answered', async () => {
    expect(await costOfCall('/chat/completions', { model: 'openai/each', messages }, plainMessage)).toBe('0.5');
  });

  it('is not charged for what is free', async () => {
    const counted = await costOfCall(
      '/messages/count_tokens',
      { model: 'anthropic/each', messages },
      '{"input_tokens":3}',
    );
    expect(counted).toBe('0');
  });

  it('is not charged for what failed', async () => {
    const edge = await surfaces((_request, response) => response.destroy(), models);
    await (await post(edge, { model: 'openai/each', messages })).text();
    expect(edge.spool.records.at(-1)).toMatchObject({ outcome: 'failed', cost: '0' });
  });
});
