import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamReader } from './stream-reader.js';

const event = (value: unknown, newline = '\n') => `data: ${JSON.stringify(value)}${newline}${newline}`;
const reported = { prompt_tokens: 3, completion_tokens: 2 };
const content = (text: string, finish: string | null = null) => ({
  choices: [{ delta: { content: text }, finish_reason: finish }],
  usage: null,
});

function read(text: string, cuts: readonly number[], dropsUsage: boolean) {
  const bytes = Buffer.from(text);
  const reader = new StreamReader(dropsUsage);
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b);
  const passed = [...places, bytes.length].map((end, index) =>
    reader.push(bytes.subarray(places[index - 1] ?? 0, end)),
  );
  const rest = reader.rest();
  return {
    text: Buffer.concat([...passed, rest].filter((part) => part !== undefined)).toString(),
    facts: reader.facts(),
  };
}

const texts = fc.array(fc.constantFrom('a', '"usage":{', '\n\n', 'data: [DONE]', 'é', '{"usage": {}}', '\\'), {
  maxLength: 6,
});

describe('however a stream is cut into packets', () => {
  for (const newline of ['\n', '\r\n']) {
    it(`only the usage event is dropped, and its figures are read (lines end in ${JSON.stringify(newline)})`, () => {
      fc.assert(
        fc.property(texts, fc.array(fc.nat(), { maxLength: 12 }), (said, cuts) => {
          const before =
            said.map((text) => event(content(text), newline)).join('') + event(content('', 'stop'), newline);
          const after = `: keep-alive${newline}${newline}data: [DONE]${newline}${newline}`;
          const { text, facts } = read(before + event({ choices: [], usage: reported }, newline) + after, cuts, true);
          expect(text).toBe(before + after);
          expect(facts).toMatchObject({ usage: reported, finishReason: 'stop', isWhole: true });
        }),
      );
    });
  }

  it('nothing is changed where the caller wanted usage', () => {
    fc.assert(
      fc.property(texts, fc.array(fc.nat(), { maxLength: 12 }), (said, cuts) => {
        const stream = said.map((text) => event(content(text))).join('') + event({ choices: [], usage: reported });
        expect(read(stream, cuts, false).text).toBe(stream);
      }),
    );
  });
});

it('keeps an event that has usage beside choices', () => {
  const last = event({ ...content('end', 'stop'), usage: reported });
  const { text, facts } = read(last, [], true);
  expect(text).toBe(last);
  expect(facts.usage).toEqual(reported);
});

it('does not call a stream whole that ends without a finish reason and without [DONE]', () => {
  expect(read(event(content('a')), [], true).facts.isWhole).toBe(false);
  expect(read('', [], true).facts.isWhole).toBe(false);
  expect(read(event(content('data: [DONE]')), [], true).facts.isWhole).toBe(false);
});

it('does not call a stream of several answers whole when one of them is over', () => {
  const begun = event(content('a')) + event(content('', 'stop')) + event(content('b'));
  const factsOf = (text: string) => {
    const reader = new StreamReader(true, true);
    reader.push(Buffer.from(text));
    return reader.facts();
  };
  expect(factsOf(begun).isWhole).toBe(false);
  expect(factsOf(`${begun}data: [DONE]\n\n`).isWhole).toBe(true);
});

it('holds back no more than its bound of an event that never ends', () => {
  const reader = new StreamReader(true);
  let passed = 0;
  for (let sent = 0; sent < 4_000_000; sent += 64_000) passed += reader.push(Buffer.alloc(64_000, 'x'))?.length ?? 0;
  expect(passed).toBeGreaterThan(2_500_000);
});
