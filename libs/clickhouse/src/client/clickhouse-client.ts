import { ClickHouseLogLevel, createClient, type ClickHouseClient, type ClickHouseSettings } from '@clickhouse/client';

export type { ClickHouseClient } from '@clickhouse/client';

/** Where ClickHouse is, and how long to wait for it. */
export type ClickHouseOptions = {
  /** `http://user:password@host:8123`; a database in its path is not read. */
  readonly url: string;
  /** `default` unless given. It need not exist when the client is made. */
  readonly database?: string;
  /** An answer that takes longer is given up; the statement may have run all the same. Default 30 000. */
  readonly requestTimeoutMs?: number;
  /** Requests at one time; more wait. Default 8. */
  readonly connectionsMax?: number;
  /** In the server's logs. */
  readonly application?: string;
  /** Added to {@link explicitSettings}, for every statement of this client. */
  readonly settings?: ClickHouseSettings;
};

/** Said with every statement, because their defaults differ between versions of the server. */
export const explicitSettings: ClickHouseSettings = {
  async_insert: 0,
  wait_for_async_insert: 1,
  insert_deduplicate: 1,
  // RFC 3339 as in every event and record, not only `YYYY-MM-DD hh:mm:ss`.
  date_time_input_format: 'best_effort',
  date_time_output_format: 'iso',
  // Offsets and sums may be above 2^53.
  output_format_json_quote_64bit_integers: 1,
  // A statement without an answer for this long has failed; the server must not go on with it for ever.
  max_execution_time: 60,
};

/**
 * The stock client with every setting that matters stated. 64-bit integers come back as strings, dates as RFC 3339.
 * Its log is off: failed statements are reported by whoever sent them, and its lines would quote parameters.
 */
export function createClickHouse(options: ClickHouseOptions): ClickHouseClient {
  const { url, database = 'default', requestTimeoutMs = 30_000, connectionsMax = 8, application, settings } = options;
  return createClient({
    url,
    database,
    request_timeout: requestTimeoutMs,
    max_open_connections: connectionsMax,
    clickhouse_settings: { ...explicitSettings, ...settings },
    log: { level: ClickHouseLogLevel.OFF },
    ...(application ? { application } : {}),
  });
}
