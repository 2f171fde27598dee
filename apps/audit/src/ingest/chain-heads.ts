import type { ClickHouseClient, OffsetRange, RangeRow } from '#libs/clickhouse';
import { chainHash } from '#libs/chain';

type HeadsAsked = { readonly table: string; readonly tenants: readonly string[]; readonly first: bigint };

/** Chains remembered per partition; above it all are forgotten and asked for again. */
const REMEMBERED_MAX = 10_000;

/**
 * The heads of the hash chains of one partition. There is one chain for each tenant and table, in the order of offset
 * and index; a tenant's decisions of one topic are all in one partition. A head that is not remembered is read from the
 * rows below the range, or from where the chain stood when all of them had expired, so that a repeat of the range builds
 * the same hashes. Others may write between two assignments:
 * each begins with a new one.
 */
export class ChainHeads {
  private readonly heads = new Map<string, string>();

  constructor(
    private readonly client: ClickHouseClient,
    private readonly database: string,
    private readonly topic: string,
    private readonly partition: number,
  ) {}

  /** The rows of one table, in order, each with its hash. */
  async chained(table: string, rows: readonly RangeRow[], { first }: OffsetRange): Promise<readonly RangeRow[]> {
    if (this.heads.size > REMEMBERED_MAX) this.heads.clear();
    const tenants = new Set(rows.map((row) => String(row['tenant_id'])));
    const unknown = [...tenants].filter((tenant) => !this.heads.has(`${table}/${tenant}`));
    if (unknown.length > 0) await this.read(table, unknown, first);
    return rows.map((row) => {
      const chain = `${table}/${String(row['tenant_id'])}`;
      // As the column is read; on its way in it is text.
      const hashed = { ...row, kafka_offset: Number(row.kafka_offset) };
      const chain_hash = chainHash(this.heads.get(chain) ?? '', hashed);
      this.heads.set(chain, chain_hash);
      return { ...row, chain_hash };
    });
  }

  /** In two steps: the place of the last row is found from short columns, the long hashes are read for it alone. */
  private async read(table: string, tenants: readonly string[], first: bigint): Promise<void> {
    const found = await this.ask(
      `WITH last AS (
          SELECT tenant_id, max((kafka_offset, kafka_index)) AS place FROM {database:Identifier}.{table:Identifier}
          WHERE tenant_id IN {tenants:Array(String)} AND kafka_topic = {topic:String}
            AND kafka_partition = {partition:UInt32} AND kafka_offset < {first:UInt64}
          GROUP BY tenant_id)
        SELECT tenant_id, chain_hash AS head FROM {database:Identifier}.{table:Identifier}
        WHERE tenant_id IN {tenants:Array(String)} AND kafka_topic = {topic:String}
          AND kafka_partition = {partition:UInt32} AND kafka_offset IN (SELECT place.1 FROM last)
          AND (tenant_id, (kafka_offset, kafka_index)) IN (SELECT tenant_id, place FROM last)`,
      { table, tenants, first },
    );
    const gone = tenants.filter((tenant) => !found.has(tenant));
    const former = gone.length > 0 ? await this.expired(table, gone, first) : found;
    for (const tenant of tenants) {
      this.heads.set(`${table}/${tenant}`, found.get(tenant) ?? former.get(tenant) ?? '');
    }
  }

  /** Where chains stood of which all rows have expired. */
  private expired(table: string, tenants: readonly string[], first: bigint): Promise<ReadonlyMap<string, string>> {
    return this.ask(
      `SELECT tenant_id, argMax(chain_hash, (last_offset, last_index)) AS head
        FROM {database:Identifier}.expired_days
        WHERE table_name = {table:String} AND tenant_id IN {tenants:Array(String)} AND kafka_topic = {topic:String}
          AND kafka_partition = {partition:UInt32} AND last_offset < {first:UInt64}
        GROUP BY tenant_id`,
      { table, tenants, first },
    );
  }

  private async ask(query: string, { table, tenants, first }: HeadsAsked): Promise<ReadonlyMap<string, string>> {
    const { database, topic, partition } = this;
    const result = await this.client.query({
      query,
      query_params: { database, table, tenants, topic, partition, first: String(first) },
      format: 'JSONEachRow',
    });
    const heads = await result.json<{ tenant_id: string; head: string }>();
    return new Map(heads.map(({ tenant_id, head }) => [tenant_id, head]));
  }
}
