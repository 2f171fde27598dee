import { CHAIN_READ_SETTINGS, placeOf, type StoredRow } from '#libs/chain';
import type { ChainPlace, ChainSegment } from '#libs/contracts';
import type { ClickHouseClient } from '../client/clickhouse-client.js';

/** One chain: the rows of a tenant that came by one topic into one table. */
export type Chain = Pick<ChainSegment, 'table' | 'topic'> & { readonly tenantId: string };

/** A chain as it is stored, and how far it goes. A tenant's records of one topic are all in one partition. */
export type StoredChain = Chain & {
  readonly partition: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly rows: number;
};

const TABLES = ['decisions', 'calls', 'changes'] as const;
/** Offsets that one question looks through, and rows that one answer holds. */
const OFFSETS_AT_ONCE = 20_000;
const ROWS_AT_ONCE = 10_000;

type ExtentRow = {
  readonly tenant_id: string;
  readonly topic: string;
  readonly partition: number;
  readonly first_offset: number;
  readonly last_offset: number;
  readonly rows: number;
};

/** Every chain that has rows; of one tenant if it is named. Reads two narrow columns of the tables. */
export async function storedChains(
  client: ClickHouseClient,
  database: string,
  tenant?: string,
): Promise<StoredChain[]> {
  const found: StoredChain[] = [];
  for (const table of TABLES) {
    const result = await client.query({
      query: `SELECT tenant_id, kafka_topic AS topic, kafka_partition AS partition, min(kafka_offset) AS first_offset,
          max(kafka_offset) AS last_offset, count() AS rows
        FROM {database:Identifier}.{table:Identifier}
        ${tenant === undefined ? '' : 'WHERE tenant_id = {tenant:String}'}
        GROUP BY tenant_id, topic, partition ORDER BY tenant_id, topic, partition`,
      query_params: { database, table, ...(tenant !== undefined && { tenant }) },
      clickhouse_settings: CHAIN_READ_SETTINGS,
      format: 'JSONEachRow',
    });
    for (const row of await result.json<ExtentRow>()) {
      const { tenant_id: tenantId, topic, partition, rows } = row;
      found.push({
        table,
        tenantId,
        topic,
        partition,
        rows,
        firstOffset: row.first_offset,
        lastOffset: row.last_offset,
      });
    }
  }
  return found;
}

/** The rows of a chain in its order, behind a place, with offsets below `endOffset`; at most 10,000 at once in memory. */
export async function* chainRows(
  client: ClickHouseClient,
  database: string,
  chain: StoredChain,
  { after, endOffset = chain.lastOffset + 1 }: { readonly after?: ChainPlace | undefined; readonly endOffset?: number },
): AsyncGenerator<StoredRow> {
  let place = after ?? { partition: chain.partition, offset: chain.firstOffset, index: -1 };
  for (let from = place.offset; from < endOffset;) {
    const to = Math.min(endOffset, from + OFFSETS_AT_ONCE);
    const result = await client.query({
      query: `SELECT * FROM {database:Identifier}.{table:Identifier}
        WHERE tenant_id = {tenant:String} AND kafka_topic = {topic:String} AND kafka_partition = {partition:UInt32}
          AND kafka_offset >= {from:UInt64} AND kafka_offset < {to:UInt64}
          AND (kafka_offset, kafka_index) > ({offset:UInt64}, {index:Int64})
        ORDER BY kafka_offset, kafka_index LIMIT {limit:UInt32}`,
      query_params: {
        database,
        table: chain.table,
        tenant: chain.tenantId,
        topic: chain.topic,
        partition: chain.partition,
        from,
        to,
        offset: place.offset,
        index: place.index,
        limit: ROWS_AT_ONCE,
      },
      clickhouse_settings: CHAIN_READ_SETTINGS,
      format: 'JSONEachRow',
    });
    const rows = await result.json<StoredRow>();
    yield* rows;
    const last = rows.at(-1);
    // An answer that is full may have left some of these offsets out.
    from = last && rows.length === ROWS_AT_ONCE ? Number(last['kafka_offset']) : to;
    if (last) place = placeOf(last);
  }
}
