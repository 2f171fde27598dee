import { describe, expect, it } from 'vitest';
import { Refusal } from '../refusals/refusal.js';
import { readCallBody } from './call-body.js';

const read = (value: unknown) =>
  readCallBody(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), { requires: ['messages'] });
const code = (value: unknown) => {
  const answer = read(value);
  return answer instanceof Refusal ? answer.code : 'read';
};
const good = { model: 'openai-main/gpt-4', messages: [{ role: 'user', content: 'hi' }] };

it('reads what a policy and the relay depend on', () => {
  const metadata = { project: 'apollo' };
  expect(read({ ...good, stream: true, stream_options: { include_usage: false, x: 1 }, metadata })).toMatchObject({
    model: 'openai-main/gpt-4',
    stream: true,
    streamOptions: { value: { include_usage: false, x: 1 } },
    metadata,
  });
});

it('reads a model that is written with escapes as what it means', () => {
  expect(read('{"model":"openai-main\\/gpt-\\u0034","messages":[]}')).toMatchObject({ model: 'openai-main/gpt-4' });
});

describe('each body that cannot be served has its code', () => {
  it.each([
    ['', 'invalid_json'],
    ['{"model":', 'invalid_json'],
    ['null', 'invalid_request'],
    ['[]', 'invalid_request'],
    [{ messages: [] }, 'missing_model'],
    [{ ...good, model: '' }, 'missing_model'],
    [{ ...good, model: null }, 'missing_model'],
    [{ ...good, model: ['a/b'] }, 'missing_model'],
    [{ ...good, model: '/gpt-4' }, 'missing_provider_account'],
    [{ ...good, model: '../x' }, 'missing_provider_account'],
    [{ ...good, model: `a/${'b'.repeat(1_000)}` }, 'invalid_request'],
    [{ model: 'a/b' }, 'invalid_request'],
    [{ model: 'a/b', messages: null }, 'invalid_request'],
    ['{"model":"a/b","model":"c/d","messages":[]}', 'ambiguous_body'],
    ['{"model":"a/b","messages":[],"\\u0073tream":true}', 'ambiguous_body'],
    ['{"model":"a/b","messages":[],"stream_options":{"include_usage":true,"include_usage":false}}', 'ambiguous_body'],
    [{ ...good, stream: 'true' }, 'invalid_request'],
    [{ ...good, stream: 1 }, 'invalid_request'],
    [{ ...good, stream_options: [] }, 'invalid_request'],
    [{ ...good, models: ['c/d'] }, 'invalid_request'],
    [{ ...good, fallbacks: ['c/d'] }, 'invalid_request'],
    [{ ...good, metadata: 'x' }, 'invalid_metadata'],
    [{ ...good, metadata: { a: 1 } }, 'invalid_metadata'],
    ['{"model":"a/b","messages":[],"metadata":{"a":"1","a":"2"}}', 'invalid_metadata'],
    [{ ...good, metadata: { a: 'x'.repeat(513) } }, 'invalid_metadata'],
    [
      { ...good, metadata: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`k${n}`, ''])) },
      'invalid_metadata',
    ],
  ])('%j → %s', (value, expected) => expect(code(value)).toBe(expected));
});
