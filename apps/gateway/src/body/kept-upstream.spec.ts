import { describe, expect, it } from 'vitest';
import { modelRoutes } from '../routes/route-table.js';
import type { Refusal } from '../refusals/refusal.js';
import { readCallBody } from './call-body.js';

function codeOf(routeId: string, body: object | string): string | undefined {
  const route = modelRoutes.find(({ id }) => id === routeId);
  if (!route) throw new Error(`no route ${routeId}`);
  const text = typeof body === 'string' ? body : JSON.stringify({ model: 'a/b', ...body });
  return (readCallBody(Buffer.from(text), route) as Partial<Refusal>).code;
}

const responses = (input: unknown) => codeOf('responses', { input });

describe('what another caller left with the provider is not put into a response', () => {
  it.each<[string, object]>([
    ['by a reference', { type: 'item_reference', id: 'msg_of_somebody' }],
    ['by a reference that does not say its type', { id: 'msg_of_somebody' }],
    ['by a reference whose type is null', { type: null, id: 'rs_of_somebody' }],
    [
      'by a reference that says whose turn it was, too',
      { type: 'item_reference', role: 'user', id: 'msg_of_somebody' },
    ],
  ])('%s', (_how, item) => {
    expect(responses([item])).toBe('invalid_request');
    expect(responses([{ role: 'user', content: 'x' }, item])).toBe('invalid_request');
  });

  it('by a reference in escapes, or by one of two types', () => {
    const input = (item: string) => codeOf('responses', `{"model": "a/b", "input": [${item}]}`);
    expect(input('{"type": "item_r\\u0065ference", "id": "msg_x"}')).toBe('invalid_request');
    expect(input('{"type": "message", "type": "item_reference", "id": "msg_x"}')).toBe('ambiguous_body');
    expect(input('{"t\\u0079pe": "item_reference", "role": "user", "id": "msg_x"}')).toBe('ambiguous_body');
  });

  it('while a conversation that is sent whole goes through, ids and all', () => {
    const said = {
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'item_reference' }],
    };
    const called = { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'f', arguments: '{}' };
    const result = { type: 'function_call_output', call_id: 'c', output: '{"type":"item_reference"}' };
    expect(responses([{ role: 'user', content: 'x' }, said, called, result])).toBeUndefined();
    expect(responses('item_reference')).toBeUndefined();
  });
});

it('nor does a message run in a container that another caller may have used', () => {
  const messages = (container: unknown) => codeOf('messages', { messages: [], container });
  expect(messages('container_of_somebody')).toBe('invalid_request');
  expect(messages({ id: 'container_of_somebody' })).toBe('invalid_request');
  expect(messages(null)).toBeUndefined();
});
