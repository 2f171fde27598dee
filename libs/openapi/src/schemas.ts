import { z } from 'zod';

/** RFC 9457, as every service answers what is not a success. */
export const Problem = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    /** Stable: a refusal's snake_case code, or `<thing>/<reason>`. */
    code: z.string(),
    errors: z.array(z.record(z.string(), z.union([z.string(), z.number()]))).optional(),
  })
  .meta({ id: 'Problem' });

/** One page of a list. `next_cursor` is there exactly when `has_more` is true. */
export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({
    object: z.literal('list'),
    data: z.array(item),
    has_more: z.boolean(),
    next_cursor: z.string().optional(),
  });

const propagation = z.enum(['published', 'pending']);

/**
 * Answers of a write that takes something away: 200 once the broker has it, else 202. The same object with `propagation`.
 */
export function narrowing<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>) {
  const body = z.strictObject({ ...schema.shape, propagation });
  return { 200: body, 202: body };
}
