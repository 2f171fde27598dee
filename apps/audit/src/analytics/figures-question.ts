import { problem } from '#libs/http';
import { z } from 'zod';
import { columnFilters, recordQuery } from '../records/record-filter.js';
import { msOf } from '../records/record-list.js';
import { GRAINS, TimeZoneQuery } from './calendar.js';
import { LISTS } from './cube.js';

const DIMENSIONS_MAX = 3;
export const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const METADATA = /^metadata\.(.{1,128})$/s;
const { tenant, from, to } = recordQuery;

/** The query of every route that answers figures: columns as filters, and what to group by. */
export function figuresQuery<const Column extends string>(columns: readonly Column[]) {
  const isDimension = (name: string) =>
    Object.hasOwn(LISTS, name) || METADATA.test(name) || (columns as readonly string[]).includes(name);
  return z.strictObject({
    tenant,
    from,
    to,
    /** Up to three, with commas between them: a column, `team`, `statement`, or `metadata.<key>`. */
    group_by: z
      .string()
      .max(512)
      .transform((text) => [...new Set(text.split(','))])
      .pipe(z.array(z.string().refine(isDimension, 'not something to group by')).min(1).max(DIMENSIONS_MAX))
      .optional(),
    /** Figures for each of them, by the time zone; without it for the whole time. */
    grain: z.enum(GRAINS).optional(),
    /** The tenant's own unless said. */
    time_zone: TimeZoneQuery,
    /** Of callers that were in it. */
    team: z.string().min(1).max(256).optional(),
    /** Decided by it, as `<role>/<statement>`. */
    statement: z.string().min(1).max(256).optional(),
    /** `<key>=<value>`. */
    metadata: z
      .string()
      .max(700)
      .regex(/^[^=]{1,128}=/, 'a key, =, and its value')
      .optional(),
    ...columnFilters(columns),
  });
}

/** Time as it was asked for; up to the end of this minute, and as long as `spanMs`, unless said otherwise. */
export function timeOf(query: { from?: string | undefined; to?: string | undefined }, nowMs: number, spanMs = DAY_MS) {
  const toMs = msOf(query.to) ?? Math.ceil((nowMs + 1) / MINUTE_MS) * MINUTE_MS;
  const fromMs = msOf(query.from) ?? toMs - spanMs;
  if (fromMs >= toMs) throw problem(400, 'invalid_request', 'The time ends before it begins.');
  return { fromMs, toMs };
}

/** The key of a dimension that is metadata. */
export const metadataKey = (dimension: string) => METADATA.exec(dimension)?.[1];
