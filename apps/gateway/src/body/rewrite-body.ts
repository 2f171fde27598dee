import type { CallBody } from './call-body.js';
import type { RequestBody } from './request-body.js';
import { splice, type Edit } from './edit.js';

/**
 * The body as the upstream is to get it: its own name for the model, on streams the wish for usage, and what `further` says. Every other byte
 * is the caller's. Where the new text fits, it is written over the old one: 200 KB are not copied for a name; unless it
 * `isKept` for a further attempt, which needs it as it came.
 */
export function rewriteBody(
  body: RequestBody,
  call: CallBody,
  upstreamModel: string,
  addUsage: boolean,
  further: readonly Edit[] = [],
  isKept = false,
): Buffer {
  if (call.form) return rewriteForm(body.bytes, call, upstreamModel);
  const edits: Edit[] = [{ ...call.modelSpan, text: JSON.stringify(upstreamModel) }, ...further];
  const options = addUsage ? call.streamOptions : undefined;
  if (options) edits.push({ ...options.span, text: JSON.stringify({ ...options.value, include_usage: true }) });
  const inserted = addUsage && !options ? '"stream_options":{"include_usage":true},' : '';

  const bytes = body.bytes;
  if (!isKept && edits.every((edit) => fits(edit))) {
    for (const edit of edits) overwrite(bytes, edit);
    if (inserted === '' || body.insertAfterBrace(call.open, inserted)) return body.bytes;
  }
  return splice(bytes, [...edits, { start: call.open + 1, end: call.open + 1, text: inserted }]);
}

/** In a form white space is content: nothing shorter can be written over a name. */
function rewriteForm(bytes: Buffer, { model, modelSpan }: CallBody, upstreamModel: string): Buffer {
  return model === upstreamModel ? bytes : splice(bytes, [{ ...modelSpan, text: upstreamModel }]);
}

/** Whether the gateway must ask for the usage of a stream in the caller's place. */
export function lacksUsage(call: CallBody): boolean {
  return call.stream && call.streamOptions?.value?.include_usage !== true;
}

function fits({ start, end, text }: Edit): boolean {
  return Buffer.byteLength(text) <= end - start;
}

/** White space behind a value means nothing in JSON. */
function overwrite(bytes: Buffer, { start, end, text }: Edit): void {
  const written = bytes.write(text, start);
  bytes.fill(0x20, start + written, end);
}
