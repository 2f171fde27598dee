import { describe, expect, it } from 'vitest';
import { PlainReader, textAfter } from './plain-reader.js';

const reported = { prompt_tokens: 3, completion_tokens: 2 };
function read(text: string, partBytes = 1_000_000) {
  const bytes = Buffer.from(text);
  const reader = new PlainReader();
  for (let at = 0; at < bytes.length; at += partBytes) reader.push(bytes.subarray(at, at + partBytes));
  return reader.facts();
}
const chat = {
  model: 'gpt-x',
  choices: [{ message: { content: '"usage":{"prompt_tokens":9}' }, finish_reason: 'length' }],
};

it('reads usage, model and finish reason', () => {
  expect(read(JSON.stringify({ ...chat, usage: reported }))).toMatchObject({
    usage: reported,
    model: 'gpt-x',
    finishReason: 'length',
  });
});

it('reads the usage at the top, wherever others stand', () => {
  const nested = {
    ...chat,
    usage: reported,
    echo: { usage: { prompt_tokens: 0 }, model: 'other', finish_reason: 'stop' },
  };
  expect(read(JSON.stringify(nested), 10)).toMatchObject({ usage: reported, model: 'gpt-x', finishReason: 'length' });
});

describe('of an answer too long to keep', () => {
  const vectors = Array.from({ length: 40_000 }, (_, index) => index);

  it('the usage at its end is read', () => {
    const text = JSON.stringify({ data: vectors, usage: reported, metadata: { usage: 'none' } });
    expect(text.length).toBeGreaterThan(200_000);
    expect(read(text, 16_384)).toMatchObject({ usage: reported });
    expect(read(text)).toMatchObject({ usage: reported });
  });

  it('no usage is found where there is none, and an estimate stands in', () => {
    const text = JSON.stringify({ data: vectors });
    expect(read(text, 16_384)).toMatchObject({ usage: undefined, outputTokensEstimated: Math.ceil(text.length / 4) });
  });
});

it.each(['', '[]', 'null', '<html>', '{"usage":', '{"usage":7}'])('makes nothing of %s', (text) => {
  expect(read(text)).toMatchObject({ model: '', finishReason: '' });
});

it('finds the last text of a key, and no value of another kind', () => {
  expect(textAfter(Buffer.from('"k":"a","k" : "b","k":null,"k"'), '"k"')).toBe('b');
  expect(textAfter(Buffer.from('"k":1'), '"k"')).toBe('');
});
