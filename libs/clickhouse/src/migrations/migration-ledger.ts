import type { ClickHouseClient } from '@clickhouse/client';
import type { MigrationFile } from './migration-file.js';

const LEDGER_TABLE = 'schema_migrations';

/** How far a file got. */
export type LedgerEntry = {
  readonly name: string;
  readonly checksum: string;
  readonly statements: number;
  readonly isComplete: boolean;
};

/** The table of applied migrations: one row per statement that ran. */
export class MigrationLedger {
  constructor(
    private readonly client: ClickHouseClient,
    private readonly database: string,
  ) {}

  async prepare(): Promise<void> {
    await this.client.command({
      query: `CREATE TABLE IF NOT EXISTS {database:Identifier}.${LEDGER_TABLE} (
        number UInt32, name String, checksum String, statement UInt32, statements UInt32,
        applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
      ) ENGINE = MergeTree ORDER BY (number, statement)`,
      query_params: { database: this.database },
    });
  }

  async read(): Promise<ReadonlyMap<number, LedgerEntry>> {
    const result = await this.client.query({
      query: `SELECT number, any(name) AS file, any(checksum) AS digest, max(statement) AS reached,
          max(statement) >= max(statements) AS is_complete
        FROM {database:Identifier}.${LEDGER_TABLE} GROUP BY number`,
      query_params: { database: this.database },
      format: 'JSONEachRow',
    });
    type Row = { number: number; file: string; digest: string; reached: number; is_complete: number };
    const rows = await result.json<Row>();
    return new Map(
      rows.map(({ number, file, digest, reached, is_complete }) => [
        number,
        { name: file, checksum: digest, statements: reached, isComplete: Boolean(is_complete) },
      ]),
    );
  }

  async note({ number, name, checksum, statements }: MigrationFile, statement: number): Promise<void> {
    await this.client.insert({
      table: `${this.database}.${LEDGER_TABLE}`,
      values: [{ number, name, checksum, statement, statements: statements.length }],
      format: 'JSONEachRow',
    });
  }
}
