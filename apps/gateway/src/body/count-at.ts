import type { CallBody } from './call-body.js';
import type { RequestBody } from './request-body.js';
import { valueOf } from './scan-object.js';

/** A number longer than that is none. */
const numberBytesMax = 20;

type Asked = { readonly body: Pick<RequestBody, 'bytes'>; readonly call: Pick<CallBody, 'fields'> };

/** What stands in the field of that name, up to a whole number and down to `most`; undefined for what is no number from 1 on. */
export function countAt({ body, call }: Asked, field: string, most: number): number | undefined {
  const span = call.fields.get(field);
  if (!span || span.end - span.start > numberBytesMax) return undefined;
  const value = valueOf(body.bytes, span);
  return typeof value === 'number' && value >= 1 ? Math.min(Math.ceil(value), most) : undefined;
}
