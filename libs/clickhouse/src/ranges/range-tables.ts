import type { ClickHouseClient } from '../client/clickhouse-client.js';

/** Fewest blocks that a table must remember. A late sender is outlasted many times over: see the README's arithmetic. */
export const DEDUPLICATION_WINDOW_BLOCKS_MIN = 10_000;

/** Offsets whose contributions share a row of a rollup, as its `kafka_bucket`: `intDiv(kafka_offset, 4096)`. */
export const OFFSETS_PER_BUCKET = 4096n;

/** A materialized view of a table, and the table that it fills. */
export type Rollup = {
  readonly view: string;
  readonly table: string;
  /** The view's query and the columns it yields. */
  readonly select: string;
  readonly columns: readonly string[];
};
/** A table that ranges are written to. */
export type RangeTable = { readonly name: string; readonly rollups: readonly Rollup[] };

const TABLE_COLUMNS = ['kafka_topic', 'kafka_partition', 'kafka_offset', 'kafka_index'];
const ROLLUP_COLUMNS = ['kafka_topic', 'kafka_partition', 'kafka_bucket', 'rows'];

/** A schema on which a repeated range could count twice, or could not be mended. All that is wrong is in the message. */
export class UnsafeSchema extends Error {
  override readonly name = 'UnsafeSchema';

  constructor(readonly problems: readonly string[]) {
    super(`ranges cannot be written exactly once:\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
  }
}

type TableRow = {
  name: string;
  engine: string;
  engine_full: string;
  as_select: string;
  create_table_query: string;
  views: string[];
};

/**
 * Finds every table that hangs on the named ones and checks the conventions of the README on all of them.
 * @throws UnsafeSchema naming each table that lacks something.
 */
export async function inspectRangeTables(
  client: ClickHouseClient,
  database: string,
  names: readonly string[],
): Promise<readonly RangeTable[]> {
  const schema = await readSchema(client, database);
  const problems: string[] = [];
  const found = names.map((name): RangeTable => {
    const table = schema.tables.get(name);
    problems.push(...problemsOf(schema, name, TABLE_COLUMNS));
    const rollups = (table?.views ?? []).map((view) => rollupOf(schema, database, view, problems));
    return { name, rollups };
  });
  if (problems.length > 0) throw new UnsafeSchema(problems);
  return found;
}

type Schema = { tables: ReadonlyMap<string, TableRow>; columns: ReadonlyMap<string, readonly string[]> };

async function readSchema(client: ClickHouseClient, database: string): Promise<Schema> {
  const read = async <Row>(query: string) =>
    (await client.query({ query, query_params: { database }, format: 'JSONEachRow' })).json<Row>();
  const tables = await read<TableRow>(
    `SELECT name, engine, engine_full, as_select, create_table_query,
       arrayMap((d, t) -> if(d = {database:String}, t, concat(d, '.', t)), dependencies_database, dependencies_table) AS views
     FROM system.tables WHERE database = {database:String}`,
  );
  const columns = await read<{ table: string; names: string[] }>(
    `SELECT table, groupArray(name) AS names FROM
       (SELECT table, name FROM system.columns WHERE database = {database:String} ORDER BY table, position)
     GROUP BY table`,
  );
  return {
    tables: new Map(tables.map((table) => [table.name, table])),
    columns: new Map(columns.map(({ table, names }) => [table, names])),
  };
}

function rollupOf(schema: Schema, database: string, view: string, problems: string[]): Rollup {
  const row = schema.tables.get(view);
  const target = / TO (?:`?[\w]+`?\.)?`?(\w+)`?[\s(]/.exec(row?.create_table_query ?? '')?.[1];
  if (!row || !target) {
    problems.push(`${view}: a view of ${database} that names its table (CREATE MATERIALIZED VIEW … TO …) is needed`);
    return { view, table: '', select: '', columns: [] };
  }
  problems.push(...problemsOf(schema, target, ROLLUP_COLUMNS));
  // Mending a rollup writes to it, which a second level would count again.
  const further = schema.tables.get(target)?.views ?? [];
  if (further.length > 0) problems.push(`${target}: has views of its own (${further.join(', ')})`);
  return { view, table: target, select: row.as_select, columns: schema.columns.get(view) ?? [] };
}

function problemsOf({ tables, columns }: Schema, name: string, needed: readonly string[]): string[] {
  const table = tables.get(name);
  if (!table) return [`${name}: does not exist`];
  const problems: string[] = [];
  if (!table.engine.endsWith('MergeTree') || /^(?:Replicated|Shared)/.test(table.engine)) {
    problems.push(`${name}: its engine is ${table.engine}, not one of the plain MergeTree family`);
  }
  const window = Number(/non_replicated_deduplication_window = (\d+)/.exec(table.engine_full)?.[1] ?? 0);
  if (window < DEDUPLICATION_WINDOW_BLOCKS_MIN) {
    problems.push(
      `${name}: non_replicated_deduplication_window is ${window}, at least ${DEDUPLICATION_WINDOW_BLOCKS_MIN} is needed`,
    );
  }
  const missing = needed.filter((column) => !columns.get(name)?.includes(column));
  if (missing.length > 0) problems.push(`${name}: lacks ${missing.join(', ')}`);
  return problems;
}
