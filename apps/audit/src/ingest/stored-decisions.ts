import type { OffsetRange, PlacedItem } from '#libs/clickhouse';
import type { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { tableOf, type ReceivedDecision } from './decision-row.js';

/** Ids that one question carries: they travel in its address. */
const IDS_PER_QUESTION_MAX = 200;

type Numbered = Pick<ReceivedDecision, 'replica' | 'boot' | 'seq'>;
const numberOf = (table: string, { replica, boot, seq }: Numbered) => `${table}\n${replica}\n${boot}\n${seq}`;

/**
 * Those of the decisions that rows below a range hold already, by who wrote them and their number; a range that is
 * repeated gets the same answer.
 */
export async function storedAmong(
  { client, name }: Pick<AuditDatabase, 'client' | 'name'>,
  items: readonly PlacedItem<ReceivedDecision>[],
  { topic, partition, first }: OffsetRange,
): Promise<ReadonlySet<PlacedItem<ReceivedDecision>>> {
  const stored = new Set<string>();
  for (const [table, own] of Map.groupBy(items, ({ item }) => tableOf(item))) {
    const ids = [...new Set(own.map(({ item }) => item.decision_id))];
    for (let from = 0; from < ids.length; from += IDS_PER_QUESTION_MAX) {
      const result = await client.query({
        query: `SELECT replica, boot, toFloat64(seq) AS seq FROM {database:Identifier}.{table:Identifier}
          WHERE decision_id IN {ids:Array(UUID)} AND kafka_topic = {topic:String}
            AND kafka_partition = {partition:UInt32} AND kafka_offset < {first:UInt64}`,
        query_params: {
          database: name,
          table,
          ids: ids.slice(from, from + IDS_PER_QUESTION_MAX),
          topic,
          partition,
          first: String(first),
        },
        format: 'JSONEachRow',
      });
      for (const row of await result.json<Numbered>()) stored.add(numberOf(table, row));
    }
  }
  return new Set(items.filter(({ item }) => stored.has(numberOf(tableOf(item), item))));
}
