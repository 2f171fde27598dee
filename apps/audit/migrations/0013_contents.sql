-- Prompts and answers of tenants that wanted them kept, sealed under a key of the tenant: no SQL reads them. A call that is
-- stored again is the same row. How long they stay is the tenant's; the bound here is for what nobody knows a tenant of.
CREATE TABLE IF NOT EXISTS ${database}.contents (
  tenant_id LowCardinality(String),
  decision_id UUID,
  at DateTime64(3, 'UTC'),
  key_id LowCardinality(String),
  principal_id String,
  request_bytes UInt64,
  answer_bytes UInt64,
  truncated Bool,
  jwe String CODEC(ZSTD(1)),
  INDEX principals principal_id TYPE bloom_filter GRANULARITY 4
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (tenant_id, decision_id)
TTL toDateTime(at) + INTERVAL 3660 DAY;
