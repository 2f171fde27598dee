import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ChainTable, StoredRow } from '#libs/chain';
import type { ReadRow } from './table-source.js';

const TABLES: readonly ChainTable[] = ['decisions', 'calls', 'changes'];

/**
 * The rows of an export, as they stand in its files.
 * @throws Error naming file and line of what is no row, or the folder if it has none of the files.
 */
export async function* readExport(folder: string, tenant: string | undefined): AsyncGenerator<ReadRow> {
  const present = TABLES.filter((table) => existsSync(join(folder, `${table}.ndjson`)));
  if (present.length === 0) throw new Error(`There is no ${TABLES.join('.ndjson, ')}.ndjson in ${folder}.`);
  for (const table of present) {
    const file = join(folder, `${table}.ndjson`);
    let number = 0;
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      number += 1;
      if (line === '') continue;
      const row = rowOf(line);
      if (!row) throw new Error(`${file}:${number} is no row of ${table}.`);
      if (tenant === undefined || row['tenant_id'] === tenant) yield { table, row };
    }
  }
}

function rowOf(line: string): StoredRow | undefined {
  try {
    const row: unknown = JSON.parse(line);
    const isRow = typeof row === 'object' && row !== null && 'chain_hash' in row && 'kafka_offset' in row;
    return isRow ? (row as StoredRow) : undefined;
  } catch {
    return undefined;
  }
}
