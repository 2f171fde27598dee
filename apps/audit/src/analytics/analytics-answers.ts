import { z } from 'zod';

/** One line for each time and group. Counts are numbers, costs exact decimals as text, percentiles null without a value. */
export const ShownFigures = z
  .strictObject({
    object: z.literal('figures'),
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    /** By which minutes, hours, days and months began. */
    time_zone: z.string(),
    /** Whether sums by minute answered or the rows themselves; they say the same. */
    basis: z.enum(['rollup', 'rows']),
    data: z.array(z.looseObject({ time: z.iso.datetime().optional() })),
    /** There are more groups than an answer has. */
    truncated: z.boolean(),
  })
  .meta({ id: 'Figures' });

const Lines = z.array(z.looseObject({}));

/** What a key reached since a moment; in each list the largest or latest first. */
export const ShownBlastRadius = z
  .strictObject({
    object: z.literal('blast_radius'),
    key_id: z.string(),
    since: z.iso.datetime(),
    /** First and last use, requests allowed and denied. Who knows the key's id and not its text is among the denied. */
    use: z.looseObject({}),
    /** What it cost, each currency apart. */
    spend: Lines,
    /** Models that answered, with tokens and costs. */
    models: Lines,
    /** Where requests came from. */
    addresses: Lines,
    /** What was asked for, in every service: action, resource, whether it was allowed. */
    actions: Lines,
    /** Names of the lists that are not whole. */
    truncated: z.array(z.string()),
  })
  .meta({ id: 'BlastRadius' });
