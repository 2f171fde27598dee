import { badRequest, type Refusal } from '../refusals/refusal.js';
import { arrayItems } from './array-items.js';
import { scanObject, textOf, type Span } from './scan-object.js';

/** What one caller leaves with a provider is in reach of all who use the account. */
export const keptUpstream = 'what a provider keeps is not told apart by caller; send the conversation itself';

export function refuseKept(field: string, what: string): Refusal {
  return badRequest('invalid_request', `'${field}' may not name ${what}: ${keptUpstream}.`, field);
}

const keys: ReadonlySet<string> = new Set(['type', 'role']);

/**
 * Items of `input` that stand for what was said before, by nothing but an id: the provider would put in whatever it keeps
 * under that, whoever it is from. A reference need not say its type; what says neither type nor role is none of a message.
 */
export function refuseItemReferences(bytes: Buffer, input: Span | undefined): Refusal | undefined {
  if (!input) return undefined;
  for (const { start, end } of arrayItems(bytes, input)) {
    const item = bytes.subarray(start, end);
    const scanned = scanObject(item, keys);
    if (scanned === 'ambiguous') return badRequest('ambiguous_body', 'An item has a field twice.', 'input');
    if (typeof scanned !== 'string' && isReference(item, scanned.fields)) return refuseKept('input', 'kept items');
  }
  return undefined;
}

function isReference(item: Buffer, fields: ReadonlyMap<string, Span>): boolean {
  const type = fields.get('type');
  const isGiven = (span: Span | undefined) => span !== undefined && item[span.start] !== 0x6e;
  if (!type || !isGiven(type)) return !isGiven(fields.get('role'));
  return item[type.start] === 0x22 && textOf(item, type) === 'item_reference';
}
