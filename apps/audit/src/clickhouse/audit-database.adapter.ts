import { createClickHouse, isTransient, migrate, type ClickHouseClient } from '#libs/clickhouse';
import { Readiness, refusal } from '#libs/http';
import { Logger } from '#libs/telemetry';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const CLICKHOUSE_URL = Symbol('the URL of ClickHouse');

/** From `dist` as from the sources: the SQL stands beside the sources. */
const MIGRATIONS = fileURLToPath(new URL(`${upTo('apps')}/audit/migrations`, import.meta.url));
const RETRY_MS = 500;

/** The tables of audit. They are made in the background: ClickHouse may be away when the service starts. */
@Injectable()
export class AuditDatabase implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly name: string;
  readonly client: ClickHouseClient;
  /** Resolves when the tables are there. */
  readonly ready: Promise<void>;
  private readonly isReady = Promise.withResolvers<void>();
  private readonly closing = new AbortController();
  private hasTables = false;

  constructor(
    @Inject(CLICKHOUSE_URL) url: string,
    readiness: Readiness,
    private readonly logger: Logger,
  ) {
    this.name = new URL(url).pathname.slice(1) || 'gatehouse';
    this.client = createClickHouse({ url, database: 'default', application: 'gatehouse-audit' });
    this.ready = this.isReady.promise;
    readiness.register('clickhouse', () => this.hasTables || 'waiting for ClickHouse');
  }

  onApplicationBootstrap(): void {
    void this.makeTables();
  }

  async onApplicationShutdown(): Promise<void> {
    this.closing.abort();
    await this.client.close();
  }

  /**
   * Rows of a query whose tables are named without their database.
   * @throws ProblemError 503 `audit_unavailable` while ClickHouse is away.
   */
  async rows<Row>(query: string, params: Readonly<Record<string, unknown>>): Promise<Row[]> {
    try {
      const whole = query.replaceAll(/\b(FROM|JOIN) ([a-z_]+)\b/g, `$1 \`${this.name}\`.$2`);
      const result = await this.client.query({ query: whole, query_params: params, format: 'JSONEachRow' });
      return await result.json<Row>();
    } catch (error) {
      if (this.hasTables && !isTransient(error)) throw error;
      throw refusal('audit_unavailable', 'The audit store cannot be reached; ask again in a moment.');
    }
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
