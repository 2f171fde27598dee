import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { controlledKeys } from '../body/controlled-keys.js';
import { splice } from '../body/edit.js';
import { scanObject } from '../body/scan-object.js';
import { promptEdits } from './prompt-edits.js';

const messages = [
  { role: 'system', content: 'Say "hi".' },
  { role: 'user', content: 'x' },
];
const asked = { role: 'user', content: 'now' };

function changed(text: string): unknown {
  const bytes = Buffer.from(text);
  const scanned = scanObject(bytes, controlledKeys);
  if (typeof scanned === 'string') throw new Error(scanned);
  const prompt = scanned.fields.get('prompt');
  if (!prompt) throw new Error('no prompt');
  const edits = promptEdits(bytes, scanned.fields, prompt, messages);
  return edits && JSON.parse(splice(bytes, edits).toString());
}

describe('the messages of a prompt stand before', () => {
  it.each([
    ['a text', '"now"', [...messages, asked]],
    ['a list', JSON.stringify([asked]), [...messages, asked]],
    ['an empty list', '[ ]', messages],
    ['null', 'null', messages],
  ])('%s', (_what, input, expected) => {
    for (const body of [
      `{"prompt":{"id":"p"},"input":${input}}`,
      `{"input":${input},"prompt":{"id":"p"}}`,
      `{ "input" : ${input} , "prompt" : {"id":"p"} }`,
    ]) {
      expect(changed(body)).toEqual({ input: expected });
    }
  });

  it('nothing, where nothing is asked beside it', () => {
    expect(changed('{"model":"a/b","prompt":{"id":"p"},"x":1}')).toEqual({ model: 'a/b', input: messages, x: 1 });
    expect(changed('{"prompt":{"id":"p"}}')).toEqual({ input: messages });
  });

  it('no input of another kind', () => expect(changed('{"prompt":{"id":"p"},"input":7}')).toBeUndefined());
});

it('leaves every other field as it is, wherever the prompt stands among them', () => {
  const member = fc.constantFrom('"a":"\\"prompt\\":1"', '"b":{"prompt":{}}', '"c":[1,2]', '"model":"x/y"', '"d":null');
  const space = fc.constantFrom('', ' ', '\n\t');
  const input = fc.constantFrom('"input":"now"', '"input":[]', '"input":null');
  fc.assert(
    fc.property(fc.uniqueArray(member), fc.option(input), space, fc.nat(), (others, given, gap, at) => {
      const members: string[] = [...others, ...(given === null ? [] : [given])];
      members.splice(at % (members.length + 1), 0, `"prompt"${gap}:${gap}{"id":"p","variables":{"prompt":"}"}}`);
      const text = `{${gap}${members.join(`${gap},${gap}`)}${gap}}`;
      const before = JSON.parse(text) as Record<string, unknown>;
      const { prompt: _, input: __, ...rest } = before;
      expect(changed(text)).toMatchObject(rest);
      expect(changed(text)).not.toHaveProperty('prompt');
      expect(Object.keys(changed(text) as object)).toHaveLength(Object.keys(rest).length + 1);
    }),
  );
});
