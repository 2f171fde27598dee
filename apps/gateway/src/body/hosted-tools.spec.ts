import { describe, expect, it } from 'vitest';
import { refuseHostedTools } from './hosted-tools.js';

const codeOf = (tools: string) => {
  const bytes = Buffer.from(tools);
  return refuseHostedTools(bytes, { start: 0, end: bytes.length })?.code;
};

describe('a further model is not called by way of a tool', () => {
  it.each([
    ['named', '[{"type":"advisor_1","name":"a","model":"openai-main/gpt-4"}]'],
    ['behind others', '[ {"type":"function","name":"f"} , {"type":"x","model":"m"} ]'],
    ['implied', '[{"type":"image_generation"}]'],
    ['implied in escapes', '[{"type":"image_gener\\u0061tion"}]'],
  ])('%s', (_how, tools) => expect(codeOf(tools)).toBe('invalid_request'));

  it.each([
    ['a type that comes twice', '[{"type":"function","type":"image_generation"}]'],
    ['a model that is escaped', '[{"type":"x","mod\\u0065l":"m"}]'],
    ['a model in another case', '[{"type":"x","Model":"m"}]'],
  ])('nor by %s', (_how, tools) => expect(codeOf(tools)).toBe('ambiguous_body'));
});

it('runs in no container that another caller may have left something in', () => {
  expect(codeOf('[{"type":"code_interpreter","container":"cntr_of_somebody"}]')).toBe('invalid_request');
  expect(codeOf('[{"type":"code_interpreter","container":{"type":"auto"}}]')).toBeUndefined();
});

it('takes functions as they are, whatever their parameters are called', () => {
  const parameters = { type: 'object', properties: { model: { type: 'string' }, type: { const: 'image_generation' } } };
  expect(codeOf(JSON.stringify([{ type: 'function', name: 'f', model: null, parameters }, { name: 'g' }]))).toBe(
    undefined,
  );
  for (const other of ['[]', '[1,"x",null]', 'null', '"tools"', '{"model":"m"}']) expect(codeOf(other)).toBeUndefined();
});
