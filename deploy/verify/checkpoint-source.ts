import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ChainCheckpointed, type SignedCheckpoint } from '#libs/contracts';
import type { ReadRow } from './table-source.js';

const CHECKPOINT = ChainCheckpointed.schema;

/** Those in the folder that audit writes to. @throws Error naming the file that is none. */
export async function checkpointsIn(folder: string): Promise<SignedCheckpoint[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.json')).toSorted();
  const found: SignedCheckpoint[] = [];
  for (const name of names) {
    const read = CHECKPOINT.safeParse(parsed(await readFile(join(folder, name), 'utf8')));
    if (!read.success) throw new Error(`${join(folder, name)} is no checkpoint.`);
    found.push(read.data);
  }
  return found;
}

/** The copies that stand among the changes. One that cannot be read is left out, and so is missed in the series. */
export async function checkpointsOf(rows: AsyncIterable<ReadRow>): Promise<SignedCheckpoint[]> {
  const found: SignedCheckpoint[] = [];
  for await (const { table, row } of rows) {
    if (table !== 'changes' || row['type'] !== ChainCheckpointed.type) continue;
    const read = CHECKPOINT.safeParse(parsed(String(row['after'])));
    if (read.success) found.push(read.data);
  }
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
