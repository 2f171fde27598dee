-- Every access decision of every service. Rows are partitioned by the day on which the broker took them, so that a late
-- replay never enters an old day; they are sorted for one tenant's questions about a time.
CREATE TABLE IF NOT EXISTS ${database}.decisions (
  decision_id UUID,
  at DateTime64(3, 'UTC'),
  request_id String,
  service LowCardinality(String),
  tenant_id LowCardinality(String),
  principal_kind LowCardinality(String),
  principal_id String,
  key_id String,
  auth_method LowCardinality(String),
  ip String,
  user_agent String,
  http_method LowCardinality(String),
  path String,
  operation LowCardinality(String),
  action LowCardinality(String),
  resource_type LowCardinality(String),
  resource String,
  requested_model LowCardinality(String),
  resolved_model LowCardinality(String),
  provider_account LowCardinality(String),
  environment LowCardinality(String),
  metadata Map(LowCardinality(String), String),
  outcome LowCardinality(String),
  code LowCardinality(String),
  reason LowCardinality(String),
  statements Array(LowCardinality(String)),
  applied_rules Array(LowCardinality(String)),
  attributes Map(LowCardinality(String), String),
  policy_revision UInt64,
  platform_revision UInt64,
  identity_position UInt64,
  engine_version LowCardinality(String),
  http_status UInt16,
  stale_ms UInt64,
  count UInt64,
  replica LowCardinality(String),
  boot LowCardinality(String),
  seq UInt64,
  appended_at DateTime64(3, 'UTC'),
  chain_version UInt8,
  kafka_topic LowCardinality(String),
  kafka_partition UInt32,
  kafka_offset UInt64,
  kafka_index UInt32,
  chain_hash String,
  INDEX place kafka_offset TYPE minmax,
  INDEX moment at TYPE minmax,
  INDEX request request_id TYPE bloom_filter GRANULARITY 4,
  INDEX decision decision_id TYPE bloom_filter(0.001) GRANULARITY 4,
  INDEX principal principal_id TYPE bloom_filter GRANULARITY 4,
  INDEX key key_id TYPE bloom_filter GRANULARITY 4
) ENGINE = MergeTree
PARTITION BY toYYYYMMDD(appended_at)
ORDER BY (tenant_id, toStartOfHour(at), resolved_model, at)
TTL toDateTime(appended_at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 20000;

CREATE TABLE IF NOT EXISTS ${database}.decisions_by_minute (
  minute DateTime('UTC'),
  tenant_id LowCardinality(String),
  service LowCardinality(String),
  resolved_model LowCardinality(String),
  environment LowCardinality(String),
  operation LowCardinality(String),
  outcome LowCardinality(String),
  code LowCardinality(String),
  reason LowCardinality(String),
  kafka_topic LowCardinality(String),
  kafka_partition UInt32,
  kafka_bucket UInt64,
  decisions UInt64,
  rows UInt64
) ENGINE = SummingMergeTree((decisions, rows))
PARTITION BY toYYYYMM(minute)
ORDER BY (tenant_id, minute, service, resolved_model, environment, operation, outcome, code, reason,
  kafka_topic, kafka_partition, kafka_bucket)
TTL minute + INTERVAL 800 DAY
SETTINGS non_replicated_deduplication_window = 20000;

CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.decisions_by_minute_view TO ${database}.decisions_by_minute AS
SELECT toStartOfMinute(at) AS minute, tenant_id, service, resolved_model, environment, operation, outcome, code, reason,
  kafka_topic, kafka_partition, intDiv(kafka_offset, 4096) AS kafka_bucket, sum(count) AS decisions, count() AS rows
FROM ${database}.decisions
GROUP BY minute, tenant_id, service, resolved_model, environment, operation, outcome, code, reason,
  kafka_topic, kafka_partition, kafka_bucket;
