import type { DocumentOf } from '../kinds/registry.js';
import { PLACEHOLDER } from './placeholder.js';

type Spec = DocumentOf<'Prompt'>['spec'];
type Variable = NonNullable<Spec['variables']>[string];

/** Longest text of a variable that declares no `maxLength`; UTF-16 units. */
export const VARIABLE_CHARACTERS_MAX = 10_000;
/** Longest prompt after everything is put in, over all messages; UTF-16 units. */
export const RENDERED_CHARACTERS_MAX = 1_000_000;

/** What is wrong with one variable; `name` is empty where it is the whole. */
export type VariableMistake = { readonly name: string; readonly detail: string };

export type RenderedPrompt =
  | { readonly ok: true; readonly messages: Spec['messages'] }
  | { readonly ok: false; readonly mistakes: readonly VariableMistake[] };

/**
 * Puts values into a prompt's messages. Every declared variable must be given unless it is `required: false`, which then
 * reads as nothing; no other may be. A value is text and stays text: what looks like a placeholder in it is not one.
 */
export function renderPrompt(spec: Spec, values: Readonly<Record<string, unknown>>): RenderedPrompt {
  const declared = Object.entries(spec.variables ?? {});
  const mistakes = [
    ...Object.keys(values)
      .filter((name) => !declared.some(([known]) => known === name))
      .map((name) => ({ name, detail: 'The prompt declares no such variable.' })),
    ...declared.flatMap(([name, variable]) => {
      const detail = mistakeIn(variable, Object.hasOwn(values, name) ? values[name] : undefined);
      return detail === undefined ? [] : [{ name, detail }];
    }),
  ];
  if (mistakes.length > 0) return { ok: false, mistakes };
  const text = (name: string) => (Object.hasOwn(values, name) ? String(values[name]) : '');
  const length = spec.messages.reduce((sum, { content }) => sum + lengthOf(content, text), 0);
  if (length > RENDERED_CHARACTERS_MAX) {
    const detail = `The prompt would have ${length} characters; ${RENDERED_CHARACTERS_MAX} at most.`;
    return { ok: false, mistakes: [{ name: '', detail }] };
  }
  const messages = spec.messages.map(({ role, content }) => {
    return { role, content: content.replaceAll(PLACEHOLDER, (_, name: string) => text(name)) };
  });
  return { ok: true, messages };
}

function mistakeIn({ type, maxLength = VARIABLE_CHARACTERS_MAX, required = true }: Variable, value: unknown) {
  if (value === undefined) return required ? 'The prompt needs this variable.' : undefined;
  if (typeof value !== type) return `Expected a ${type}.`;
  if (type === 'number' && !Number.isFinite(value)) return 'Expected a finite number.';
  if (typeof value === 'string' && value.length > maxLength) return `At most ${maxLength} characters.`;
  return undefined;
}

/** Counted before anything is built: a placeholder may stand thousands of times. */
function lengthOf(content: string, text: (name: string) => string): number {
  let length = content.length;
  for (const [whole, name = ''] of content.matchAll(PLACEHOLDER)) length += text(name).length - whole.length;
  return length;
}
