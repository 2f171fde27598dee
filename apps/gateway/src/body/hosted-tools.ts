import { badRequest, type Refusal } from '../refusals/refusal.js';
import { arrayItems } from './array-items.js';
import { refuseKept } from './kept-upstream.js';
import { scanObject, textOf, type Span } from './scan-object.js';

const keys: ReadonlySet<string> = new Set(['type', 'model', 'container']);
/** Tools by which a provider calls another model, named or not. */
const callingModels: ReadonlySet<string> = new Set(['image_generation']);

/**
 * Tools that the provider runs may call models of their own: nobody has authorised those. Nor may they run where somebody
 * else's did. What such a tool reads twice, two readers may read differently.
 */
export function refuseHostedTools(bytes: Buffer, tools: Span | undefined): Refusal | undefined {
  if (!tools) return undefined;
  for (const { start, end } of arrayItems(bytes, tools)) {
    const tool = bytes.subarray(start, end);
    const scanned = scanObject(tool, keys);
    if (scanned === 'ambiguous') return badRequest('ambiguous_body', 'A tool has a field twice.', 'tools');
    if (typeof scanned !== 'string') {
      const { fields } = scanned;
      const model = fields.get('model');
      const type = fields.get('type');
      const named = type && tool[type.start] === 0x22 ? (textOf(tool, type) ?? '') : '';
      if (callingModels.has(named) || (model && tool[model.start] !== 0x6e)) {
        return badRequest('invalid_request', "'tools' may not have a further model called.", 'tools');
      }
      const container = fields.get('container');
      if (container && tool[container.start] === 0x22) return refuseKept('tools', 'a container');
    }
  }
  return undefined;
}
