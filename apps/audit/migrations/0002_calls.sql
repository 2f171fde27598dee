-- The end of every allowed call. Carries the identity of its decision again, so that usage needs no join.
CREATE TABLE IF NOT EXISTS ${database}.calls (
  decision_id UUID,
  at DateTime64(3, 'UTC'),
  request_id String,
  service LowCardinality(String),
  tenant_id LowCardinality(String),
  principal_kind LowCardinality(String),
  principal_id String,
  key_id String,
  auth_method LowCardinality(String),
  operation LowCardinality(String),
  requested_model LowCardinality(String),
  resolved_model LowCardinality(String),
  provider_account LowCardinality(String),
  environment LowCardinality(String),
  metadata Map(LowCardinality(String), String),
  policy_revision UInt64,
  platform_revision UInt64,
  stream Bool,
  provider_name LowCardinality(String),
  response_model LowCardinality(String),
  input_tokens UInt64,
  cached_input_tokens UInt64,
  output_tokens UInt64,
  reasoning_tokens UInt64,
  cost Decimal(38, 12),
  currency LowCardinality(String),
  usage_source LowCardinality(String),
  latency_ms Float64,
  time_to_first_token_ms Float64,
  http_status UInt16,
  source LowCardinality(String),
  outcome LowCardinality(String),
  error_type LowCardinality(String),
  error_message String,
  finish_reason LowCardinality(String),
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

CREATE TABLE IF NOT EXISTS ${database}.calls_by_minute (
  minute DateTime('UTC'),
  tenant_id LowCardinality(String),
  principal_id String,
  key_id String,
  resolved_model LowCardinality(String),
  provider_account LowCardinality(String),
  environment LowCardinality(String),
  operation LowCardinality(String),
  currency LowCardinality(String),
  kafka_topic LowCardinality(String),
  kafka_partition UInt32,
  kafka_bucket UInt64,
  calls UInt64,
  input_tokens UInt64,
  cached_input_tokens UInt64,
  output_tokens UInt64,
  reasoning_tokens UInt64,
  cost Decimal(38, 12),
  rows UInt64
) ENGINE = SummingMergeTree((calls, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, cost, rows))
PARTITION BY toYYYYMM(minute)
ORDER BY (tenant_id, minute, principal_id, key_id, resolved_model, provider_account, environment, operation, currency,
  kafka_topic, kafka_partition, kafka_bucket)
TTL minute + INTERVAL 800 DAY
SETTINGS non_replicated_deduplication_window = 20000;

CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.calls_by_minute_view TO ${database}.calls_by_minute AS
SELECT toStartOfMinute(at) AS minute, tenant_id, principal_id, key_id, resolved_model, provider_account, environment,
  operation, currency, kafka_topic, kafka_partition, intDiv(kafka_offset, 4096) AS kafka_bucket, count() AS calls,
  sum(input_tokens) AS input_tokens, sum(cached_input_tokens) AS cached_input_tokens,
  sum(output_tokens) AS output_tokens, sum(reasoning_tokens) AS reasoning_tokens, sum(cost) AS cost, count() AS rows
FROM ${database}.calls
GROUP BY minute, tenant_id, principal_id, key_id, resolved_model, provider_account, environment, operation, currency,
  kafka_topic, kafka_partition, kafka_bucket;
