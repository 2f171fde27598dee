import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { ClickHouseError, type ClickHouseClient } from '@clickhouse/client';

const LOCK_TABLE = 'schema_migrations_lock';
/** A holder that has not renewed for this long is dead. */
const LOCK_SECONDS_MAX = 10;
/** Several renewals may fail or be late before the lock counts as a dead holder's. */
const RENEW_EVERY_MS = 2_000;
const TABLE_ALREADY_EXISTS = '57';
const UNKNOWN_TABLE = '60';

/**
 * One holder at a time, over a server that has no locks: creating a table is atomic. Its comment changes at every
 * renewal, and the time of the last change tells a dead holder from a slow one, by the server's clock alone.
 */
export class MigrationLock {
  private readonly holder = randomUUID();

  constructor(
    private readonly client: ClickHouseClient,
    private readonly database: string,
  ) {}

  /** Runs `work` while holding the lock. @throws Error if it is not free within `waitMs`. */
  async hold<Result>(waitMs: number, work: (renew: () => Promise<void>) => Promise<Result>): Promise<Result> {
    const deadline = performance.now() + waitMs;
    while (!(await this.tryTake())) {
      if (performance.now() > deadline)
        throw new Error(`somebody else has been migrating ${this.database} for ${waitMs} ms`);
      await this.dropStale();
      await pause(100);
    }
    // A statement may take longer than the lock lasts. What fails here is found by the check before the next one.
    const renewing = setInterval(() => void this.renew().catch(() => undefined), RENEW_EVERY_MS);
    try {
      return await work(() => this.renew());
    } finally {
      clearInterval(renewing);
      if (await this.isMine()) await this.run(`DROP TABLE IF EXISTS {database:Identifier}.${LOCK_TABLE} SYNC`);
    }
  }

  private async tryTake(): Promise<boolean> {
    try {
      await this.run(
        `CREATE TABLE {database:Identifier}.${LOCK_TABLE} (unused UInt8) ENGINE = MergeTree ORDER BY tuple() COMMENT '${this.holder}'`,
      );
      return true;
    } catch (error) {
      if (error instanceof ClickHouseError && error.code === TABLE_ALREADY_EXISTS) return false;
      throw error;
    }
  }

  /** @throws Error if the lock was taken away. */
  private async renew(): Promise<void> {
    if (!(await this.isMine())) throw new Error(`the lock on the migrations of ${this.database} was lost`);
    await this.run(`ALTER TABLE {database:Identifier}.${LOCK_TABLE} MODIFY COMMENT '${this.holder} ${randomUUID()}'`);
  }

  private async isMine(): Promise<boolean> {
    return (await this.read())?.comment.startsWith(this.holder) ?? false;
  }

  /** Renaming is atomic, so of many that find it stale one removes it, and never a new holder's. */
  private async dropStale(): Promise<void> {
    const lock = await this.read();
    if (!lock || Number(lock.age_seconds) < LOCK_SECONDS_MAX) return;
    const away = `${LOCK_TABLE}_${lock.uuid.replaceAll('-', '')}`;
    try {
      await this.run(`RENAME TABLE {database:Identifier}.${LOCK_TABLE} TO {database:Identifier}.${away}`);
      await this.run(`DROP TABLE IF EXISTS {database:Identifier}.${away} SYNC`);
    } catch (error) {
      const isGone = error instanceof ClickHouseError && [UNKNOWN_TABLE, TABLE_ALREADY_EXISTS].includes(error.code);
      if (!isGone) throw error;
    }
  }

  private async read() {
    const result = await this.client.query({
      query: `SELECT comment, toString(uuid) AS uuid, toString(dateDiff('second', metadata_modification_time, now())) AS age_seconds
        FROM system.tables WHERE database = {database:String} AND name = '${LOCK_TABLE}'`,
      query_params: { database: this.database },
      format: 'JSONEachRow',
    });
    return (await result.json<{ comment: string; uuid: string; age_seconds: string }>())[0];
  }

  private async run(query: string): Promise<void> {
    await this.client.command({ query, query_params: { database: this.database } });
  }
}
