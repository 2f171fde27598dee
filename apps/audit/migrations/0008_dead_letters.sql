-- Records that a service gave up: where they came from and why. What they say stays in their topic, which lets go of it a
-- day before.
CREATE TABLE IF NOT EXISTS ${database}.dead_letters (
  letter_id String,
  at DateTime64(3, 'UTC'),
  reason LowCardinality(String),
  attempts UInt32,
  source_topic LowCardinality(String),
  source_partition UInt32,
  source_offset UInt64,
  source_at DateTime64(3, 'UTC'),
  value_bytes UInt64,
  value_sha256 String,
  redriven_from String,
  kafka_topic LowCardinality(String),
  kafka_offset UInt64
) ENGINE = ReplacingMergeTree
ORDER BY (kafka_topic, kafka_offset)
TTL toDateTime(at) + INTERVAL 31 DAY;
