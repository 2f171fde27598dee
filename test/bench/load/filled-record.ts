import { createClickHouse, type ClickHouseClient } from '#libs/clickhouse';
import type { LocalJson } from '../local-stack.js';
import { callsSql, decisionsSql, ALLOWED, RECORD_TOPIC, type Piece } from './record-rows.js';

const DAY_MS = 86_400_000;
/** Days of a record, the last of which is the one after it was made: what asks for the present finds rows for a day. */
export const RECORD_DAYS = 30;
/** Rows of one insert; one block of one partition each, so that it is there whole or not at all. */
const PIECE_ROWS_MAX = 1_000_000;
const INSERT_TIMEOUT_MS = 600_000;
/** Decisions and calls for each decision: nine of ten allow. */
const ROWS_PER_DECISION = 1.9;

/** A record as it is stored. */
export type FilledRecord = { readonly rows: number; readonly endMs: number };
type Say = (line: string) => void;

/**
 * A record of about `rows` decisions and calls together, spread evenly over its days. What an earlier run has left of it,
 * stopped or not, is not made again; what one of another size has left is an error.
 */
export async function filledRecord(
  { clickhouse: { url, database, username, password } }: LocalJson,
  { rows, say }: { readonly rows: number; readonly say: Say },
): Promise<FilledRecord> {
  const at = new URL(url);
  Object.assign(at, { username, password });
  const client = createClickHouse({ url: at.href, database, requestTimeoutMs: INSERT_TIMEOUT_MS });
  try {
    const perDay = Math.ceil(Math.round(rows / ROWS_PER_DECISION) / RECORD_DAYS);
    const firstMs = (await firstDay(client)) ?? (Math.floor(Date.now() / DAY_MS) + 2 - RECORD_DAYS) * DAY_MS;
    for (let day = 0; day < RECORD_DAYS; day += 1) {
      for (let done = 0; done < perDay; done += PIECE_ROWS_MAX) {
        const count = Math.min(PIECE_ROWS_MAX, perDay - done);
        await ensure(client, { first: day * perDay + done, count, dayMs: firstMs + day * DAY_MS });
      }
      say(`day ${day + 1} of ${RECORD_DAYS} is stored`);
    }
    const whole = { first: 0, count: perDay * RECORD_DAYS };
    const stored = await storedIn(client);
    if (stored.decisions !== whole.count || stored.calls !== (await allowedIn(client, whole))) throw otherRecord();
    return { rows: stored.decisions + stored.calls, endMs: firstMs + RECORD_DAYS * DAY_MS };
  } finally {
    await client.close();
  }
}

/** Both tables at once: each keeps one core busy, with half a gigabyte of memory. */
async function ensure(client: ClickHouseClient, piece: Piece): Promise<void> {
  const there = await storedIn(client, piece);
  const wanted = { decisions: piece.count, calls: await allowedIn(client, piece) };
  const queries = { decisions: decisionsSql, calls: callsSql };
  const missing = (['decisions', 'calls'] as const).filter((table) => there[table] === 0);
  if (Object.entries(there).some(([table, rows]) => rows !== 0 && rows !== wanted[table as 'calls']))
    throw otherRecord();
  const settings = { max_execution_time: INSERT_TIMEOUT_MS / 1_000 };
  const insert = (query: string) => client.command({ query, clickhouse_settings: settings });
  await Promise.all(missing.map((table) => insert(queries[table](piece))));
}

type Stored = { readonly decisions: number; readonly calls: number };

/** Rows of one piece, or of the whole record. */
async function storedIn(client: ClickHouseClient, piece?: Piece): Promise<Stored> {
  const own =
    'toYYYYMMDD(appended_at) = {day:UInt32} AND seq > {first:UInt64} AND seq <= {first:UInt64} + {count:UInt64}';
  const where = `WHERE kafka_topic = {topic:String}${piece ? ` AND ${own}` : ''}`;
  const day = piece && new Date(piece.dayMs).toISOString().slice(0, 10).replaceAll('-', '');
  return row(client, {
    query: `SELECT toUInt32((SELECT count() FROM decisions ${where})) AS decisions,
      toUInt32((SELECT count() FROM calls ${where})) AS calls`,
    query_params: { topic: RECORD_TOPIC, first: piece?.first, count: piece?.count, day },
  });
}

async function allowedIn(client: ClickHouseClient, { first, count }: Pick<Piece, 'first' | 'count'>): Promise<number> {
  const query = `SELECT toUInt32(countIf(${ALLOWED})) AS allowed FROM numbers({first:UInt64}, {count:UInt64})`;
  return (await row<{ allowed: number }>(client, { query, query_params: { first, count } })).allowed;
}

/** When the record that is there begins, ms. */
async function firstDay(client: ClickHouseClient): Promise<number | undefined> {
  const { ms } = await row<{ ms: number | null }>(client, {
    query: `SELECT toFloat64(toUnixTimestamp(toStartOfDay(minOrNull(at)))) * 1000 AS ms
      FROM decisions WHERE kafka_topic = {topic:String}`,
    query_params: { topic: RECORD_TOPIC },
  });
  return ms ?? undefined;
}

async function row<Row>(
  client: ClickHouseClient,
  question: { readonly query: string; readonly query_params: Record<string, unknown> },
): Promise<Row> {
  const [found] = await (await client.query({ ...question, format: 'JSONEachRow' })).json<Row>();
  if (found === undefined) throw new Error('A question about the record had no answer.');
  return found;
}

function otherRecord(): Error {
  return new Error('The folder that is kept holds another record, of other --rows. Name another folder, or remove it.');
}
