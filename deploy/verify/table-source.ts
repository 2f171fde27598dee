import type { ChainTable, StoredRow } from '#libs/chain';
import { chainRows, createClickHouse, storedChains } from '#libs/clickhouse';

/** A row with the table that it is of. */
export type ReadRow = { readonly table: ChainTable; readonly row: StoredRow };

/** The rows of a database, chain by chain; nothing but SELECT is sent. */
export async function* readTables(url: string, tenant: string | undefined): AsyncGenerator<ReadRow> {
  const server = new URL(url);
  const database = server.pathname.slice(1) || 'gatehouse';
  server.pathname = '';
  const client = createClickHouse({ url: server.href, database: 'default', application: 'gatehouse-verify' });
  try {
    for (const chain of await storedChains(client, database, tenant)) {
      for await (const row of chainRows(client, database, chain, {})) yield { table: chain.table, row };
    }
  } finally {
    await client.close();
  }
}
