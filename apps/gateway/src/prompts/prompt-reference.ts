import { DocumentName } from '#libs/policy-language';
import { z } from 'zod';
import { valueOf, type Span } from '../body/scan-object.js';
import { badRequest, Refusal } from '../refusals/refusal.js';

/** Longer ones have values that no prompt takes. */
const bytesMax = 2 * 1024 * 1024;

const PromptReference = z.strictObject({
  id: DocumentName,
  version: z
    .string()
    .regex(/^[1-9]\d{0,14}$/)
    .transform(Number)
    .nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
});
export type PromptReference = {
  readonly id: string;
  /** The one that is pinned; undefined for the one in force. */
  readonly version: number | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
};

/** Which stored prompt a body names, which version of it, and with what values. */
export function readPromptReference(bytes: Buffer, span: Span): PromptReference | Refusal {
  if (span.end - span.start > bytesMax) return invalid(`is longer than ${bytesMax} bytes`);
  const read = PromptReference.safeParse(valueOf(bytes, span));
  if (read.success) {
    const { id, version, variables } = read.data;
    return { id, version: version ?? undefined, variables: variables ?? {} };
  }
  if (read.error.issues.some(({ path }) => path[0] === 'version')) {
    const why = `'prompt.version' reads the number of a version as a text, such as "3"; without it the one in force is served.`;
    return badRequest('invalid_request', why, 'prompt.version');
  }
  return invalid("reads {id, version, variables}: the name of a stored prompt, and values for the prompt's variables");
}

const invalid = (why: string) => badRequest('invalid_request', `'prompt' ${why}.`, 'prompt');
