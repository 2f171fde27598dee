-- When each key was last used, of verified credentials alone: a stranger who knows a key's id keeps no key alive.
CREATE TABLE IF NOT EXISTS ${database}.key_uses (
  tenant_id LowCardinality(String),
  key_id String,
  kafka_topic LowCardinality(String),
  kafka_partition UInt32,
  kafka_bucket UInt64,
  last_used_at SimpleAggregateFunction(max, DateTime('UTC')),
  rows SimpleAggregateFunction(sum, UInt64)
) ENGINE = AggregatingMergeTree
ORDER BY (tenant_id, key_id, kafka_topic, kafka_partition, kafka_bucket)
TTL last_used_at + INTERVAL 800 DAY
SETTINGS non_replicated_deduplication_window = 20000;

CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.key_uses_view TO ${database}.key_uses AS
SELECT tenant_id, key_id, kafka_topic, kafka_partition, intDiv(kafka_offset, 4096) AS kafka_bucket,
  max(toStartOfMinute(at)) AS last_used_at, count() AS rows
FROM ${database}.decisions
WHERE key_id != '' AND principal_kind != ''
GROUP BY tenant_id, key_id, kafka_topic, kafka_partition, kafka_bucket;

-- What was decided before there was this table. Said twice, it changes no last use.
INSERT INTO ${database}.key_uses (tenant_id, key_id, kafka_topic, kafka_partition, kafka_bucket, last_used_at, rows)
SELECT tenant_id, key_id, kafka_topic, kafka_partition, intDiv(kafka_offset, 4096), max(toStartOfMinute(at)), count()
FROM ${database}.decisions
WHERE key_id != '' AND principal_kind != ''
GROUP BY tenant_id, key_id, kafka_topic, kafka_partition, intDiv(kafka_offset, 4096);

-- What was found, once for each finding_id; the row written last says whether it still holds.
CREATE TABLE IF NOT EXISTS ${database}.findings (
  finding_id String,
  tenant_id LowCardinality(String),
  kind LowCardinality(String),
  at DateTime64(3, 'UTC'),
  owner_id String,
  key_id String,
  virtual_account_id String,
  unused_since Nullable(DateTime('UTC')),
  last_used_at Nullable(DateTime('UTC')),
  rule String,
  resolved_at Nullable(DateTime64(3, 'UTC')),
  version UInt64
) ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant_id, finding_id)
TTL toDateTime(at) + INTERVAL 800 DAY;
