import type { Edit } from '../body/edit.js';
import { skipSpace } from '../body/json-value.js';
import { memberSpan, removableSpan } from '../body/member-span.js';
import type { Span } from '../body/scan-object.js';

type Message = { readonly role: string; readonly content: string };
const [QUOTE, OPEN_ARRAY, CLOSE_ARRAY, NULL] = [0x22, 0x5b, 0x5d, 0x6e];

/**
 * How a body of responses changes for a rendered prompt: its messages stand before the input, and `prompt` is gone.
 * Undefined where the input is of no kind that anything can stand before.
 */
export function promptEdits(
  bytes: Buffer,
  fields: ReadonlyMap<string, Span>,
  prompt: Span,
  messages: readonly Message[],
): readonly Edit[] | undefined {
  const items = messages.map((message) => JSON.stringify(message)).join(',');
  const input = fields.get('input');
  if (!input) return [{ ...memberSpan(bytes, prompt, 'prompt'), text: `"input":[${items}]` }];
  const removed = { ...removableSpan(bytes, prompt, 'prompt'), text: '' };
  switch (bytes[input.start]) {
    case NULL:
      return [removed, { ...input, text: `[${items}]` }];
    case QUOTE: {
      const opening = { start: input.start, end: input.start, text: `[${items},{"role":"user","content":` };
      return [removed, opening, { start: input.end, end: input.end, text: '}]' }];
    }
    case OPEN_ARRAY: {
      const isEmpty = bytes[skipSpace(bytes, input.start + 1)] === CLOSE_ARRAY;
      return [removed, { start: input.start, end: input.start + 1, text: isEmpty ? `[${items}` : `[${items},` }];
    }
    default:
      return undefined;
  }
}
