import { createClickHouse, isTransient, migrate, type ClickHouseClient } from '#libs/clickhouse';
import { Readiness, refusal } from '#libs/http';
import { Logger } from '#libs/telemetry';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CHAIN_READ_SETTINGS } from '#libs/chain';

export const CLICKHOUSE_URL = Symbol('the URL of ClickHouse');

/** From `dist` as from the sources: the SQL stands beside the sources. */
const MIGRATIONS = fileURLToPath(new URL(`${upTo('apps')}/audit/migrations`, import.meta.url));
const RETRY_MS = 500;
/** Longest that a question may keep the engine busy. */
const QUERY_SECONDS_MAX = 20;

/** The tables of audit. They are made in the background: ClickHouse may be away when the service starts. */
@Injectable()
export class AuditDatabase implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly name: string;
  /** For writing. Floats are stored as they were written, or the hash of a stored row would differ in its last digit. */
  readonly client: ClickHouseClient;
  /** Resolves when the tables are there. */
  readonly ready: Promise<void>;
  private readonly reading: ClickHouseClient;
  private readonly isReady = Promise.withResolvers<void>();
  private readonly closing = new AbortController();
  private hasTables = false;

  constructor(
    @Inject(CLICKHOUSE_URL) url: string,
    readiness: Readiness,
    private readonly logger: Logger,
  ) {
    const server = new URL(url);
    this.name = server.pathname.slice(1) || 'gatehouse';
    // The client takes a path for its database, and this one does not exist at first.
    server.pathname = '';
    const application = 'gatehouse-audit';
    this.client = createClickHouse({
      url: server.href,
      database: 'default',
      application,
      settings: { precise_float_parsing: 1 },
    });
    // As the chain is read: numbers as numbers, decimals as exact text.
    const settings = { ...CHAIN_READ_SETTINGS, max_execution_time: QUERY_SECONDS_MAX };
    this.reading = createClickHouse({ url: server.href, database: this.name, application, settings });
    this.ready = this.isReady.promise;
    readiness.register(
      'clickhouse',
      async () => (this.hasTables && (await this.answers())) || 'waiting for ClickHouse',
    );
  }

  onApplicationBootstrap(): void {
    void this.makeTables();
  }

  async onApplicationShutdown(): Promise<void> {
    this.closing.abort();
    await Promise.all([this.client.close(), this.reading.close()]);
  }

  /**
   * The rows of a query: 64-bit integers as numbers, decimals as text, times as RFC 3339.
   * @throws ProblemError 503 `audit_unavailable` while ClickHouse is away or too busy.
   */
  async rows<Row>(query: string, params: Readonly<Record<string, unknown>>): Promise<Row[]> {
    return this.look(async (client) => {
      const result = await client.query({ query, query_params: params, format: 'JSONEachRow' });
      return result.json<Row>();
    });
  }

  /**
   * What `work` reads; as {@link rows} reads and fails.
   * @throws ProblemError 503 `audit_unavailable` while ClickHouse is away or too busy.
   */
  async look<Result>(work: (client: ClickHouseClient) => Promise<Result>): Promise<Result> {
    try {
      return await work(this.reading);
    } catch (error) {
      if (this.hasTables && !isTransient(error)) throw error;
      throw refusal('audit_unavailable', 'The audit store cannot be reached; ask again in a moment.');
    }
  }

  /** Stores rows, by the names of their columns. */
  async insert(table: string, values: readonly object[]): Promise<void> {
    if (values.length === 0) return;
    await this.client.insert({ table: `${this.name}.${table}`, values: [...values], format: 'JSONEachRow' });
  }

  /** The moment by the clock of the store, ms since 1970: local mode shifts those of the services. */
  async nowMs(): Promise<number> {
    const [clock] = await this.rows<{ ms: number }>('SELECT toUnixTimestamp64Milli(now64(3)) AS ms', {});
    if (!clock) throw new Error('the audit store does not tell the time');
    return clock.ms;
  }

  private async answers(): Promise<boolean> {
    return (await this.reading.ping({ select: true })).success;
  }

  private async makeTables(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      try {
        await migrate({ client: this.client, database: this.name, folder: MIGRATIONS });
        this.hasTables = true;
        this.isReady.resolve();
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (!isTransient(error)) this.logger.error({ err: error }, 'the tables cannot be made');
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}

/** The way from this file up to the checkout's folder, whether it runs from `dist` or from the sources. */
function upTo(folder: string): string {
  const isBuilt = import.meta.url.includes('/dist/apps/');
  return `${isBuilt ? '../../../../../' : '../../../../'}${folder}`;
}
