import type { MessageCreateParamsNonStreaming } from '@anthropic-ai/sdk/resources';
import type { ChatCompletionCreateParams } from 'openai/resources';
import { describe, expect, it } from 'vitest';
import { Untranslatable } from '../../untranslatable.js';
import { messageRequest, outputTokensDefault } from './request.js';

const user = (content: unknown) => ({ role: 'user', content });
const translate = (body: object) => messageRequest({ messages: [user('hi')], ...body }, 'claude-x');
const schema = { type: 'object', properties: { city: { type: 'string' } } };

const asked: ChatCompletionCreateParams = {
  model: 'anthropic/claude',
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'developer', content: [{ type: 'text', text: 'In German.' }] },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Weather here?' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } },
        { type: 'image_url', image_url: { url: 'https://pictures.example/a.png' } },
      ],
    },
    {
      role: 'assistant',
      content: 'I look.',
      tool_calls: [
        { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Bonn"}' } },
        { id: 'call_2', type: 'function', function: { name: 'now', arguments: '' } },
      ],
    },
    { role: 'tool', tool_call_id: 'call_1', content: 'rain' },
    { role: 'tool', tool_call_id: 'call_2', content: [{ type: 'text', text: 'noon' }] },
    { role: 'user', content: 'So?' },
  ],
  tools: [
    { type: 'function', function: { name: 'weather', description: 'Of a city', parameters: schema, strict: true } },
    { type: 'function', function: { name: 'now' } },
  ],
  tool_choice: 'required',
  parallel_tool_calls: false,
  max_completion_tokens: 50,
  temperature: 0.5,
  top_p: 0.9,
  stop: 'END',
  user: 'u-1',
  response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } },
  n: 1,
  store: false,
  frequency_penalty: 0,
  logit_bias: {},
  seed: null,
};
/** The newest models take no temperature, and say so themselves; others do. */
const said: MessageCreateParamsNonStreaming & { temperature: number; top_p: number } = {
  model: 'claude-x',
  max_tokens: 50,
  system: [
    { type: 'text', text: 'Be brief.' },
    { type: 'text', text: 'In German.' },
  ],
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Weather here?' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
        { type: 'image', source: { type: 'url', url: 'https://pictures.example/a.png' } },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'I look.' },
        { type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Bonn' } },
        { type: 'tool_use', id: 'call_2', name: 'now', input: {} },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'call_1', content: [{ type: 'text', text: 'rain' }] },
        { type: 'tool_result', tool_use_id: 'call_2', content: [{ type: 'text', text: 'noon' }] },
        { type: 'text', text: 'So?' },
      ],
    },
  ],
  tools: [
    { name: 'weather', description: 'Of a city', input_schema: { ...schema, type: 'object' }, strict: true },
    { name: 'now', input_schema: { type: 'object', properties: {} } },
  ],
  tool_choice: { type: 'any', disable_parallel_tool_use: true },
  temperature: 0.5,
  top_p: 0.9,
  stop_sequences: ['END'],
  output_config: { format: { type: 'json_schema', schema } },
  metadata: { user_id: 'u-1' },
};

describe('a chat completion in Anthropic’s terms', () => {
  it('says all of what was asked, as that upstream wants it', () => {
    expect(messageRequest(asked as object as Record<string, unknown>, 'claude-x')).toEqual(said);
  });

  it('has a bound on its answer, also where the caller gave none', () => {
    expect(translate({})).toMatchObject({ max_tokens: outputTokensDefault });
    expect(translate({ max_tokens: 7, max_completion_tokens: null })).toMatchObject({ max_tokens: 7 });
  });

  it.each([
    ['auto', { type: 'auto' }],
    ['none', { type: 'none' }],
    [
      { type: 'function', function: { name: 'now' } },
      { type: 'tool', name: 'now' },
    ],
  ])('lets tools be chosen as %j', (choice, expected) => {
    expect(translate({ tools: asked.tools, tool_choice: choice })).toMatchObject({ tool_choice: expected });
  });

  it.each<[string, object, string]>([
    ['several choices', { n: 2 }, 'n'],
    ['a seed', { seed: 7 }, 'seed'],
    ['a penalty', { presence_penalty: 0.1 }, 'presence_penalty'],
    ['a temperature beyond theirs', { temperature: 1.5 }, 'temperature'],
    ['sound', { modalities: ['text', 'audio'] }, 'modalities'],
    ['any object in JSON', { response_format: { type: 'json_object' } }, 'response_format.type'],
    ['functions of old', { functions: [] }, 'functions'],
    ['a field nobody knows', { surprise: true }, 'surprise'],
    ['a field of an object’s prototype', { constructor: 1 }, 'constructor'],
    ['a choice of an object’s prototype', { tools: asked.tools, tool_choice: 'constructor' }, 'tool_choice'],
    ['a tool that is no function', { tools: [{ type: 'custom' }] }, 'tools[0].type'],
    ['a choice without tools', { tool_choice: 'required' }, 'tool_choice'],
    ['a late system message', { messages: [user('a'), { role: 'system', content: 'b' }] }, 'messages[1].role'],
    ['a role nobody knows', { messages: [{ role: 'function' }] }, 'messages[0].role'],
    ['a named speaker', { messages: [{ ...user('a'), name: 'Ada' }] }, 'messages[0].name'],
    ['sound in content', { messages: [user([{ type: 'input_audio' }])] }, 'messages[0].content[0].type'],
    [
      'a picture by plain http',
      { messages: [user([{ type: 'image_url', image_url: { url: 'http://x.example/a' } }])] },
      'messages[0].content[0].image_url.url',
    ],
    [
      'arguments that are no JSON',
      {
        messages: [
          { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '[' } }] },
        ],
      },
      'messages[0].tool_calls[0].function.arguments',
    ],
    ['messages that are none', { messages: 'hi' }, 'messages'],
  ])('is refused with %s, and the field is named', (_what, body, param) => {
    const refused = translate(body);
    expect(refused).toBeInstanceOf(Untranslatable);
    expect(refused).toMatchObject({ param });
  });

  it('of whatever shape is said or refused, and never a defect; turns alternate in all that is said', () => {
    const pieces = [
      null,
      0,
      -1,
      true,
      '',
      'x',
      'user',
      'tool',
      'function',
      [],
      {},
      [null],
      [{}],
      ['x'],
      { type: 'text' },
    ];
    const fields = ['role', 'content', 'tool_calls', 'tool_call_id', 'type', 'function', 'name', 'arguments'];
    let state = 7;
    const next = (below: number) => {
      state = (state * 48_271) % 2_147_483_647;
      return state % below;
    };
    const any = (depth: number): unknown => {
      if (depth === 0 || next(3) === 0) return pieces[next(pieces.length)];
      if (next(2) === 0) return Array.from({ length: next(3) }, () => any(depth - 1));
      return Object.fromEntries(Array.from({ length: next(4) }, () => [fields[next(fields.length)], any(depth - 1)]));
    };
    const role = () => ['user', 'assistant', 'tool', 'system'][next(4)];
    let saidCount = 0;
    for (let round = 0; round < 3_000; round += 1) {
      const text = { content: next(2) === 0 ? 'x' : any(2), tool_call_id: 'a' };
      const messages = Array.from({ length: next(4) }, () => {
        const speaker = role();
        return { role: speaker, content: text.content, ...(speaker === 'tool' && { tool_call_id: 'a' }) };
      });
      const body = { messages, ...(next(3) === 0 && { tools: any(3) }), ...(next(3) === 0 && { tool_choice: any(2) }) };
      const made = messageRequest(body, 'claude-x');
      if (made instanceof Untranslatable) continue;
      saidCount += 1;
      const roles = (made.messages as readonly { role: string }[]).map((turn) => turn.role);
      expect(roles.every((turn, index) => turn !== roles[index - 1])).toBe(true);
    }
    expect(saidCount).toBeGreaterThan(100);
  });
});
