import type { ClickHouseClient, OffsetRange } from '#libs/clickhouse';
import { thingKey, type ChangedThing, type FormerStates } from './change-rows.js';

/** Names that one question carries: they travel in its address. */
const NAMES_PER_QUESTION_MAX = 200;

/**
 * What things were before a range: the end of their last change below it, so that a repeat of the range builds the same
 * rows. A thing without one is not in the answer.
 */
export async function formerStates(
  client: ClickHouseClient,
  database: string,
  { topic, partition, first }: OffsetRange,
  things: readonly ChangedThing[],
): Promise<FormerStates> {
  const found: FormerStates = new Map();
  const byKind = Map.groupBy(things, ({ tenantId, resourceType }) => `${tenantId}\n${resourceType}`);
  for (const [kind, own] of byKind) {
    const [tenantId = '', resourceType = ''] = kind.split('\n');
    const names = [...new Set(own.map(({ resource }) => resource))];
    for (let from = 0; from < names.length; from += NAMES_PER_QUESTION_MAX) {
      const result = await client.query({
        query: `SELECT resource, argMax(after, (kafka_offset, kafka_index)) AS state
          FROM {database:Identifier}.changes
          WHERE tenant_id = {tenant:String} AND resource_type = {type:String} AND resource IN {names:Array(String)}
            AND kafka_topic = {topic:String} AND kafka_partition = {partition:UInt32} AND kafka_offset < {first:UInt64}
          GROUP BY resource`,
        query_params: {
          database,
          tenant: tenantId,
          type: resourceType,
          names: names.slice(from, from + NAMES_PER_QUESTION_MAX),
          topic,
          partition,
          first: String(first),
        },
        format: 'JSONEachRow',
      });
      for (const { resource, state } of await result.json<{ resource: string; state: string }>()) {
        found.set(thingKey({ tenantId, resourceType, resource }), state);
      }
    }
  }
  return found;
}
