import { createClickHouse, type ClickHouseClient } from '#libs/clickhouse';
import type { LocalJson } from '../local-stack.js';
import { callsSql, decisionsSql, ALLOWED, RECORD_TOPIC, type Piece } from './record-rows.js';

const DAY_MS = 86_400_000;
/** Days of a record, the last of which is the one after it was made: what asks for the present finds rows for a day. */
export const RECORD_DAYS = 30;
/** Rows of one insert; one partition each. */
const PIECE_ROWS_MAX = 1_000_000;
const INSERT_TIMEOUT_MS = 600_000;
/** Decisions and calls for each decision: nine of ten allow. */
const ROWS_PER_DECISION = 1.9;

/** A record as it is stored. */
export type FilledRecord = { readonly rows: number; readonly endMs: number };

/**
 * A record of about `rows` decisions and calls together, spread evenly over its days: made, or found as an earlier run left
 * it. What another size or a run that was stopped has left is an error, not added to.
 */
export async function filledRecord(
  { clickhouse: { url, database, username, password } }: LocalJson,
  { rows, say }: { readonly rows: number; readonly say: (line: string) => void },
): Promise<FilledRecord> {
  const at = new URL(url);
  Object.assign(at, { username, password });
  const client = createClickHouse({ url: at.href, database, requestTimeoutMs: INSERT_TIMEOUT_MS });
  try {
    const perDay = Math.ceil(Math.round(rows / ROWS_PER_DECISION) / RECORD_DAYS);
    const before = await stored(client);
    if (before.decisions === 0) await fill(client, perDay, say);
    const { decisions, calls, endMs } = await stored(client);
    const wanted = perDay * RECORD_DAYS;
    if (decisions !== wanted || calls !== (await allowedOf(client, wanted))) {
      throw new Error(
        `The folder that is kept holds ${decisions} decisions and ${calls} calls, which is no whole record of ` +
          `--rows ${rows}. Name another folder, or remove it.`,
      );
    }
    if (before.decisions > 0) say(`${decisions + calls} rows are there already`);
    return { rows: decisions + calls, endMs };
  } finally {
    await client.close();
  }
}

async function fill(client: ClickHouseClient, perDay: number, say: (line: string) => void): Promise<void> {
  const firstMs = (Math.floor(Date.now() / DAY_MS) + 2 - RECORD_DAYS) * DAY_MS;
  for (let day = 0; day < RECORD_DAYS; day += 1) {
    for (let done = 0; done < perDay; done += PIECE_ROWS_MAX) {
      const count = Math.min(PIECE_ROWS_MAX, perDay - done);
      await insert(client, { first: day * perDay + done, count, dayMs: firstMs + day * DAY_MS });
    }
    say(`day ${day + 1} of ${RECORD_DAYS} is stored`);
  }
}

async function insert(client: ClickHouseClient, piece: Piece): Promise<void> {
  // At once: each keeps one core busy, with half a gigabyte of memory.
  const settings = { max_execution_time: INSERT_TIMEOUT_MS / 1_000 };
  const queries = [decisionsSql(piece), callsSql(piece)];
  await Promise.all(queries.map((query) => client.command({ query, clickhouse_settings: settings })));
}

async function stored(client: ClickHouseClient) {
  const result = await client.query({
    query: `SELECT toUInt32((SELECT count() FROM calls WHERE kafka_topic = {topic:String})) AS calls,
        toUInt32(count()) AS decisions, toFloat64(toUnixTimestamp(toStartOfDay(max(at)) + INTERVAL 1 DAY)) * 1000 AS endMs
      FROM decisions WHERE kafka_topic = {topic:String}`,
    query_params: { topic: RECORD_TOPIC },
    format: 'JSONEachRow',
  });
  const [row] = await result.json<{ decisions: number; calls: number; endMs: number }>();
  if (row === undefined) throw new Error('A count had no answer.');
  return row;
}

async function allowedOf(client: ClickHouseClient, decisions: number): Promise<number> {
  const query = `SELECT toUInt32(countIf(${ALLOWED})) AS allowed FROM numbers(${decisions})`;
  const result = await client.query({ query, format: 'JSONEachRow' });
  return (await result.json<{ allowed: number }>())[0]?.allowed ?? 0;
}
