import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Refusal } from '../refusals/refusal.js';
import { readCallBody } from './call-body.js';
import { RequestBody } from './request-body.js';
import { lacksUsage, rewriteBody } from './rewrite-body.js';

function rewrite(text: string, upstreamModel: string): string {
  const body = RequestBody.of(Buffer.from(text));
  const call = readCallBody(body.bytes, { requires: ['messages'] });
  if (call instanceof Refusal) throw new Error(call.code);
  return rewriteBody(body, call, upstreamModel, lacksUsage(call)).toString();
}

const options = fc.option(
  fc.oneof(fc.constant(null), fc.record({ include_usage: fc.boolean(), other: fc.json() }, { requiredKeys: [] })),
  { nil: undefined },
);
const bodies = fc.record({
  before: fc.jsonValue(),
  model: fc.constantFrom('a/b', 'openai-main/gpt-4', 'x/a-rather-long-name-of-a-model'),
  messages: fc.array(fc.jsonValue()),
  stream: fc.constantFrom(true, false, undefined, null),
  stream_options: options,
  after: fc.jsonValue(),
});
const spaced = fc.tuple(bodies, fc.constantFrom(0, 2), fc.constantFrom('', ' \n', ' '.repeat(100)));

it('changes the model and the wish for usage, and nothing else', () => {
  fc.assert(
    fc.property(
      spaced,
      fc.constantFrom('b', 'gpt-4', 'ft:gpt-4:"quoted" – é', 'n'.repeat(200)),
      ([body, indent, lead], to) => {
        const text = lead + JSON.stringify(body, null, indent);
        const { stream_options: asked, ...rest } = JSON.parse(text);
        const wanted = body.stream === true ? { ...asked, include_usage: true } : asked;
        const expected = { ...rest, model: to, ...(wanted === undefined ? {} : { stream_options: wanted }) };
        expect(JSON.parse(rewrite(text, to))).toEqual(expected);
      },
    ),
  );
});

it('leaves every byte of unknown fields as it came', () => {
  const text = '{ "temperature" : 1.50e+0, "model":"acme/ft-1" ,"messages":[ "\\u0041" ],"x":0.10}';
  expect(rewrite(text, 'ft-1')).toBe(
    '{ "temperature" : 1.50e+0, "model":"ft-1"      ,"messages":[ "\\u0041" ],"x":0.10}',
  );
});
