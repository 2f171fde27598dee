import { DocumentName } from '#libs/policy-language';
import { z } from 'zod';
import { valueOf, type Span } from '../body/scan-object.js';
import { badRequest, Refusal } from '../refusals/refusal.js';

/** Longer ones have values that no prompt takes. */
const bytesMax = 2 * 1024 * 1024;

const PromptReference = z.strictObject({
  id: DocumentName,
  /** Of OpenAI's form; here the version in force is the only one that there is. */
  version: z.null().optional(),
  variables: z.record(z.string(), z.unknown()).nullish(),
});
export type PromptReference = { readonly id: string; readonly variables: Readonly<Record<string, unknown>> };

/** Which stored prompt a body names, and with what values. */
export function readPromptReference(bytes: Buffer, span: Span): PromptReference | Refusal {
  if (span.end - span.start > bytesMax) return invalid(`is longer than ${bytesMax} bytes`);
  const read = PromptReference.safeParse(valueOf(bytes, span));
  if (read.success) return { id: read.data.id, variables: read.data.variables ?? {} };
  if (read.error.issues.some(({ path }) => path[0] === 'version')) {
    return badRequest('invalid_request', 'The version in force is served; leave the version out.', 'prompt.version');
  }
  return invalid("reads {id, variables}: the name of a stored prompt, and values for the prompt's variables");
}

const invalid = (why: string) => badRequest('invalid_request', `'prompt' ${why}.`, 'prompt');
