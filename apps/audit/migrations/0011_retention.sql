-- How long rows are kept is for each tenant to say, and audit takes them out by days. The tables' own bound is only the
-- last one, behind the longest that a tenant may ask for.
ALTER TABLE ${database}.decisions MODIFY TTL toStartOfDay(toDateTime(appended_at)) + INTERVAL 4000 DAY;
ALTER TABLE ${database}.calls MODIFY TTL toStartOfDay(toDateTime(appended_at)) + INTERVAL 4000 DAY;

-- Where each chain stood at the end of a day that has expired: what comes next goes on from there.
CREATE TABLE IF NOT EXISTS ${database}.expired_days (
  table_name LowCardinality(String),
  tenant_id LowCardinality(String),
  kafka_topic LowCardinality(String),
  kafka_partition UInt32,
  day Date,
  rows UInt64,
  last_offset UInt64,
  last_index UInt32,
  chain_hash String,
  expired_at DateTime('UTC') DEFAULT now()
) ENGINE = ReplacingMergeTree(rows)
ORDER BY (table_name, tenant_id, kafka_topic, kafka_partition, day);
