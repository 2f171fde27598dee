import { mendUntilEqual, settledDifference, type MendPlace } from './mending.js';
import type { OffsetRange } from './offset-range.js';
import type { RangeTable } from './range-tables.js';
import type { RangeRow } from './range-row.js';
import { mendRollup } from './rollup-mend.js';

type Insert = (rows: readonly RangeRow[], token: string) => Promise<void>;

/**
 * Makes a table and its rollups hold a range exactly once, whatever earlier attempts left. Each step may be cut off:
 * the next repeat sees what is missing or too much and goes on from there. The table comes first, since its rollups are
 * compared with it.
 *
 * @returns The names of what differed.
 */
export async function mendRange(
  place: MendPlace,
  table: RangeTable,
  range: OffsetRange,
  expected: readonly RangeRow[],
  insert: Insert,
): Promise<readonly string[]> {
  const mended: string[] = [];
  const differs = () => tableDiffers(place, table.name, range, expected);
  if (await settledDifference(place, differs)) {
    await mendUntilEqual(table.name, range, differs, (token) =>
      mendTable(place, table.name, range, expected, insert, token),
    );
    mended.push(table.name);
  }
  for (const rollup of table.rollups) {
    if (await mendRollup(place, table.name, rollup, range)) mended.push(rollup.table);
  }
  return mended;
}

/** The condition that selects a range; its parameters are in {@link rangeParams}. */
const OF_RANGE = `kafka_topic = {topic:String} AND kafka_partition = {partition:UInt32}
  AND kafka_offset BETWEEN {first:UInt64} AND {last:UInt64}`;

function rangeParams({ database }: MendPlace, table: string, { topic, partition, first, last }: OffsetRange) {
  return { database, table, topic, partition, first, last };
}

async function tableDiffers(place: MendPlace, table: string, range: OffsetRange, expected: readonly RangeRow[]) {
  const result = await place.client.query({
    query: `SELECT toString(count()) AS stored, toString(uniqExact(kafka_offset, kafka_index)) AS places
      FROM {database:Identifier}.{table:Identifier} WHERE ${OF_RANGE}`,
    query_params: rangeParams(place, table, range),
    format: 'JSONEachRow',
  });
  const [found] = await result.json<{ stored: string; places: string }>();
  return Number(found?.stored) !== expected.length || Number(found?.places) !== expected.length;
}

/** Too much cannot be told apart from what belongs there, so all of the range goes and comes again. */
async function mendTable(
  place: MendPlace,
  table: string,
  range: OffsetRange,
  expected: readonly RangeRow[],
  insert: Insert,
  token: string,
): Promise<void> {
  const stored = await readPlaces(place, table, range);
  const belongs = new Set(expected.map(placeOf));
  const hasSurplus = [...stored].some(([at, times]) => times > 1 || !belongs.has(at));
  if (hasSurplus) {
    place.assertFresh();
    await place.client.command({
      query: `DELETE FROM {database:Identifier}.{table:Identifier} WHERE ${OF_RANGE}`,
      query_params: rangeParams(place, table, range),
      clickhouse_settings: { lightweight_deletes_sync: '2' },
    });
  }
  const missing = hasSurplus ? expected : expected.filter((row) => !stored.has(placeOf(row)));
  if (missing.length === 0) return;
  place.assertFresh();
  await insert(missing, token);
}

async function readPlaces(place: MendPlace, table: string, range: OffsetRange): Promise<ReadonlyMap<string, number>> {
  const result = await place.client.query({
    query: `SELECT concat(toString(kafka_offset), '/', toString(kafka_index)) AS at, toUInt32(count()) AS times
      FROM {database:Identifier}.{table:Identifier} WHERE ${OF_RANGE} GROUP BY at`,
    query_params: rangeParams(place, table, range),
    format: 'JSONEachRow',
  });
  const rows = await result.json<{ at: string; times: number }>();
  return new Map(rows.map(({ at, times }) => [at, times]));
}

function placeOf(row: RangeRow): string {
  return `${row.kafka_offset}/${row.kafka_index}`;
}
