import { z } from 'zod';
import { encodeCursor, type CursorParts } from './cursor.js';

export const PAGE_LIMIT_DEFAULT = 50;
export const PAGE_LIMIT_MAX = 200;

/**
 * Fields of every list's query, for `z.strictObject({...pageQuery, status: …})`. `limit` is 1 to 200, 50 unless given;
 * `after` is `next_cursor` of the page before.
 */
export const pageQuery = {
  limit: z
    .string()
    .regex(/^\d{1,6}$/, 'a number')
    .transform(Number)
    .pipe(z.int().min(1).max(PAGE_LIMIT_MAX))
    .default(PAGE_LIMIT_DEFAULT),
  after: z.string().min(1).max(512).optional(),
};

/** A query that has nothing but `limit` and `after`. */
export const PageQuery = z.strictObject(pageQuery);
export type PageQuery = z.output<typeof PageQuery>;

/** One page of a list, as it is answered. `next_cursor` is there exactly when `has_more` is true. */
export type Page<Item> = {
  readonly object: 'list';
  readonly data: readonly Item[];
  readonly has_more: boolean;
  readonly next_cursor?: string;
};

/**
 * @param rows at most `limit + 1` of them in the list's order: the one too many tells that there is more.
 * @param cursorOf the ordering columns of a row; together they must be unique, or rows are skipped between pages.
 */
export function page<Row, Item>(
  rows: readonly Row[],
  limit: number,
  cursorOf: (row: Row) => CursorParts,
  show: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return {
    object: 'list',
    data: shown.map(show),
    has_more: more,
    ...(more && { next_cursor: encodeCursor(cursorOf(last)) }),
  };
}
