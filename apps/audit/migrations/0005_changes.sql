-- Every domain event of every service, one row for each thing that it changes: what it was, and what it is from then on.
-- They are few and hold no personal data but sealed, so they are kept for as long as the events are: there is no TTL, and
-- the former state of a thing is always found.
CREATE TABLE IF NOT EXISTS ${database}.changes (
  change_id String,
  at DateTime64(3, 'UTC'),
  service LowCardinality(String),
  type LowCardinality(String),
  schema_version UInt16,
  tenant_id LowCardinality(String),
  resource_type LowCardinality(String),
  resource String,
  before String,
  after String,
  reason String,
  free_text String,
  facts Map(LowCardinality(String), String),
  policy_revision UInt64,
  actor String,
  actor_tenant LowCardinality(String),
  request_id String,
  decision_id String,
  stream String,
  stream_version UInt64,
  generation UInt64,
  position UInt64,
  appended_at DateTime64(3, 'UTC'),
  chain_version UInt8,
  kafka_topic LowCardinality(String),
  kafka_partition UInt32,
  kafka_offset UInt64,
  kafka_index UInt32,
  chain_hash String,
  INDEX place kafka_offset TYPE minmax,
  INDEX moment at TYPE minmax,
  INDEX actor actor TYPE bloom_filter GRANULARITY 4,
  INDEX request request_id TYPE bloom_filter GRANULARITY 4,
  INDEX decision decision_id TYPE bloom_filter GRANULARITY 4
) ENGINE = MergeTree
PARTITION BY toYYYYMM(appended_at)
ORDER BY (tenant_id, resource_type, resource, kafka_offset, kafka_index)
SETTINGS non_replicated_deduplication_window = 20000;
