import { StandardSchemaValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import { pointerTo } from '../json/pointer.js';
import { PATH_PARTS_MAX, PROBLEM_ITEMS_MAX, refusal, type ProblemItem } from './problem.js';
import { unkeepableIn } from './unkeepable.js';

type Issue = {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  /** zod's: fields that a strict object does not know. */
  readonly keys?: readonly string[];
};

/** Longest text of one item: a schema's message may repeat long lists of allowed values. */
const ITEM_TEXT_MAX = 300;

/**
 * Validates what `@Body({schema})`, `@Query({schema})` and `@Param({schema})` declare, and refuses with 400
 * `invalid_request`, one item per mistake: a JSON pointer into the body, or the name of the parameter. What cannot be kept as
 * it was sent is refused wherever it stands.
 */
export class StrictValidationPipe extends StandardSchemaValidationPipe {
  override async transform<T = unknown>(value: T, metadata: ArgumentMetadata): Promise<T> {
    const { schema } = metadata;
    requireKeepable(value, metadata);
    if (!schema || !this.toValidate(metadata)) return value;
    const result = await this.validate<T>(value, schema);
    if (!result.issues) return result.value;
    const errors = result.issues.slice(0, PROBLEM_ITEMS_MAX).flatMap((issue) => items(issue, metadata));
    throw refusal('invalid_request', 'The request does not have the form that this path takes.', { errors });
  }
}

/** Whatever is read of a request, whether or not a schema looks at it. A body that is text as such is for whoever reads that. */
function requireKeepable(value: unknown, metadata: ArgumentMetadata): void {
  const { type } = metadata;
  if (type === 'custom' || (type === 'body' && typeof value !== 'object')) return;
  const found = unkeepableIn(value);
  if (!found) return;
  const errors = items({ path: found.path.slice(0, PATH_PARTS_MAX), message: found.wanted }, metadata);
  throw refusal('invalid_request', 'Something in this request cannot be kept as it was sent.', { errors });
}

function items(issue: Issue, { type, data }: ArgumentMetadata): ProblemItem[] {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
  const at = (more: readonly string[]): ProblemItem =>
    type === 'body'
      ? { pointer: pointerTo([...path, ...more]) }
      : { parameter: [data, ...path, ...more].filter(Boolean).join('.') };
  if (issue.keys)
    return issue.keys.map((key) => ({ ...at([key.slice(0, 64)]), detail: 'This field is not known here.' }));
  return [{ ...at([]), detail: issue.message.slice(0, ITEM_TEXT_MAX) }];
}
