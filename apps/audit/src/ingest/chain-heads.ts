import { createHash } from 'node:crypto';
import type { ClickHouseClient, OffsetRange, RangeRow } from '#libs/clickhouse';
import { canonicalize } from 'json-canonicalize';

/** Version of the canonical form that hashes are taken over; it is part of what is hashed. */
export const CHAIN_VERSION = 1;

/** Chains remembered per partition; above it all are forgotten and asked for again. */
const REMEMBERED_MAX = 10_000;

/**
 * The hash of a row: SHA-256, hex, over the version, the hash of the row before it in the chain (empty for the first)
 * and the RFC 8785 form of the row's stored columns without this one, each on a line.
 */
export function chainHash(former: string, row: Readonly<Record<string, unknown>>): string {
  return createHash('sha256')
    .update(`${CHAIN_VERSION}\n${former}\n${canonicalize(row)}`)
    .digest('hex');
}

/**
 * The heads of the hash chains of one partition. There is one chain for each tenant and table, in the order of offset
 * and index; a tenant's decisions of one topic are all in one partition. A head that is not remembered is read from the
 * rows below the range, so that a repeat of the range builds the same hashes.
 */
export class ChainHeads {
  private readonly heads = new Map<string, string>();

  constructor(
    private readonly client: ClickHouseClient,
    private readonly database: string,
    private readonly topic: string,
    private readonly partition: number,
  ) {}

  /** After an assignment others may have written. */
  forget(): void {
    this.heads.clear();
  }

  /** The rows of one table, in order, each with its hash. */
  async chained(table: string, rows: readonly RangeRow[], { first }: OffsetRange): Promise<readonly RangeRow[]> {
    if (this.heads.size > REMEMBERED_MAX) this.forget();
    const tenants = new Set(rows.map((row) => String(row['tenant_id'])));
    const unknown = [...tenants].filter((tenant) => !this.heads.has(`${table}/${tenant}`));
    if (unknown.length > 0) await this.read(table, unknown, first);
    return rows.map((row) => {
      const chain = `${table}/${String(row['tenant_id'])}`;
      const chain_hash = chainHash(this.heads.get(chain) ?? '', row);
      this.heads.set(chain, chain_hash);
      return { ...row, chain_hash };
    });
  }

  private async read(table: string, tenants: readonly string[], first: bigint): Promise<void> {
    const result = await this.client.query({
      query: `SELECT tenant_id, argMax(chain_hash, (kafka_offset, kafka_index)) AS head
        FROM {database:Identifier}.{table:Identifier}
        WHERE tenant_id IN {tenants:Array(String)} AND kafka_topic = {topic:String}
          AND kafka_partition = {partition:UInt32} AND kafka_offset < {first:UInt64}
        GROUP BY tenant_id`,
      query_params: {
        database: this.database,
        table,
        tenants,
        topic: this.topic,
        partition: this.partition,
        first: String(first),
      },
      format: 'JSONEachRow',
    });
    const found = new Map(
      (await result.json<{ tenant_id: string; head: string }>()).map((row) => [row.tenant_id, row.head]),
    );
    for (const tenant of tenants) this.heads.set(`${table}/${tenant}`, found.get(tenant) ?? '');
  }
}
