import type { ClickHouseClient } from '../client/clickhouse-client.js';
import { SEQUENCE_TABLE, sequenceKey, type Sequenced } from './sequence-table.js';

export type { Sequenced } from './sequence-table.js';

/** (replica, boot) pairs remembered per partition; above it all are forgotten and asked for again. */
const REMEMBERED_MAX = 10_000;

/**
 * The highest stored `seq` per (replica, boot) of one partition, from offsets below a range. Asks ClickHouse once for
 * each pair and then counts along with what the reader has committed, so a range of known pairs costs no query. After an
 * assignment others may have written: begin with a new one.
 */
export class HighestSeq {
  private readonly known = new Map<string, number>();

  constructor(
    private readonly client: ClickHouseClient,
    private readonly database: string,
    private readonly topic: string,
    private readonly partition: number,
  ) {}

  /** The highest `seq` of each pair below offset `first`; 0 for a pair that was never stored. */
  async below(
    first: bigint,
    pairs: readonly Pick<Sequenced, 'replica' | 'boot'>[],
  ): Promise<ReadonlyMap<string, number>> {
    if (this.known.size > REMEMBERED_MAX) this.known.clear();
    const asked = new Map(pairs.map((pair) => [sequenceKey(pair), pair]));
    const unknown = [...asked].filter(([key]) => !this.known.has(key)).map(([, pair]) => pair);
    if (unknown.length > 0) {
      for (const [key, seq] of await this.read(first, unknown)) this.known.set(key, seq);
    }
    return new Map([...asked.keys()].map((key) => [key, this.known.get(key) ?? 0]));
  }

  /** Moves on to what a range has stored; only after that range is committed. */
  advance(stored: ReadonlyMap<string, number>): void {
    for (const [key, seq] of stored) this.known.set(key, Math.max(seq, this.known.get(key) ?? 0));
  }

  private async read(
    first: bigint,
    pairs: readonly Pick<Sequenced, 'replica' | 'boot'>[],
  ): Promise<Map<string, number>> {
    const result = await this.client.query({
      query: `SELECT replica, boot, toString(max(seq)) AS seq FROM {database:Identifier}.{table:Identifier}
        WHERE kafka_topic = {topic:String} AND kafka_partition = {partition:UInt32} AND kafka_offset < {first:UInt64}
          AND replica IN {replicas:Array(String)} AND boot IN {boots:Array(String)}
        GROUP BY replica, boot`,
      query_params: {
        database: this.database,
        table: SEQUENCE_TABLE,
        topic: this.topic,
        partition: this.partition,
        first,
        replicas: [...new Set(pairs.map(({ replica }) => replica))],
        boots: [...new Set(pairs.map(({ boot }) => boot))],
      },
      format: 'JSONEachRow',
    });
    const found = await result.json<{ replica: string; boot: string; seq: string }>();
    const stored = new Map(found.map((row) => [sequenceKey(row), Number(row.seq)]));
    return new Map(pairs.map((pair) => [sequenceKey(pair), stored.get(sequenceKey(pair)) ?? 0]));
  }
}

/**
 * Keeps what is new, in order: above the highest stored, and above everything kept before it. A spool sent again at new
 * offsets loses all that is stored already, and a repeat of the same range keeps the same. What comes late (given up once
 * and sent again) may lie below the highest, since those behind it were not waiting: it is kept unless it is in `known`,
 * or was kept before in this range. The highest moves on with it: its writer sent everything before it earlier.
 *
 * @param known Late ones that rows below the range hold already.
 */
export function keepNew<Placed extends { readonly item: Sequenced; readonly isLate?: boolean }>(
  placed: readonly Placed[],
  stored: ReadonlyMap<string, number>,
  known: ReadonlySet<Placed> = new Set(),
): { kept: readonly Placed[]; highest: ReadonlyMap<string, number> } {
  const highest = new Map(stored);
  const numbers = placed.some(({ isLate }) => isLate) ? new Set<string>() : undefined;
  const kept = placed.filter((each) => {
    const { seq } = each.item;
    const key = sequenceKey(each.item);
    const reached = highest.get(key) ?? 0;
    const isNew = each.isLate ? !known.has(each) && !numbers?.has(`${key}\n${seq}`) : seq > reached;
    if (!isNew) return false;
    numbers?.add(`${key}\n${seq}`);
    highest.set(key, Math.max(seq, reached));
    return true;
  });
  return { kept, highest };
}
