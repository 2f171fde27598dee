import { expect, it } from 'vitest';
import { RENDERED_CHARACTERS_MAX, renderPrompt } from './render-prompt.js';

const message = (content: string) => [{ role: 'user' as const, content }];
const spec = {
  variables: {
    name: { type: 'string' as const, maxLength: 8 },
    count: { type: 'number' as const, required: false },
    polite: { type: 'boolean' as const, required: false },
  },
  messages: message('Greet {{ name }} {{count}} times; polite: {{polite}}.'),
};
const mistakes = (values: Record<string, unknown>) => {
  const rendered = renderPrompt(spec, values);
  return rendered.ok ? [] : rendered.mistakes.map(({ name, detail }) => `${name}: ${detail}`);
};

it('puts values in, and nothing for what may be left out', () => {
  expect(renderPrompt(spec, { name: 'Ada', count: 2, polite: true })).toEqual({
    ok: true,
    messages: message('Greet Ada 2 times; polite: true.'),
  });
  expect(renderPrompt(spec, { name: 'Ada' })).toMatchObject({ messages: message('Greet Ada  times; polite: .') });
});

it('takes no value for a template', () => {
  const rendered = renderPrompt(spec, { name: '{{count}}'.slice(0, 8), count: 9 });
  expect(rendered).toMatchObject({ messages: message('Greet {{count} 9 times; polite: .') });
  const open = {
    variables: { a: { type: 'string' as const }, b: { type: 'string' as const } },
    messages: message('{{a}}'),
  };
  expect(renderPrompt(open, { a: '{{b}}$&$1', b: 'x' })).toMatchObject({ messages: message('{{b}}$&$1') });
});

it('names every variable that is missing, unknown, of another type or too long', () => {
  expect(mistakes({ count: '2', polite: 1, other: 'x', constructor: 'x' })).toEqual([
    'other: The prompt declares no such variable.',
    'constructor: The prompt declares no such variable.',
    'name: The prompt needs this variable.',
    'count: Expected a number.',
    'polite: Expected a boolean.',
  ]);
  expect(mistakes({ name: 'x'.repeat(9) })).toEqual(['name: At most 8 characters.']);
  expect(mistakes({ name: 'a', count: Number.NaN })).toEqual(['count: Expected a finite number.']);
});

it('builds no prompt beyond its bound, however often a placeholder stands in it', () => {
  const wide = { variables: { a: { type: 'string' as const } }, messages: message('{{a}}'.repeat(1_000)) };
  const rendered = renderPrompt(wide, { a: 'x'.repeat(RENDERED_CHARACTERS_MAX / 1_000 + 1) });
  expect(rendered).toMatchObject({ ok: false, mistakes: [{ name: '' }] });
});
