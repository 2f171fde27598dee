import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One numbered file of SQL. */
export type MigrationFile = {
  /** `0007_calls.sql` */
  readonly name: string;
  readonly number: number;
  /** SHA-256 of the file's bytes, hex. */
  readonly checksum: string;
  /** In order, without their semicolons. */
  readonly statements: readonly string[];
};

/** What a file may name instead of a database that is known only at run time; it becomes a quoted identifier. */
export const DATABASE_PLACEHOLDER = '${database}';

const FILE_NAME = /^(\d{4})[-_][\w-]+\.sql$/;

/**
 * Reads a folder of migrations in the order of their numbers. Files that do not end in `.sql` are left alone.
 * @throws RangeError for a `.sql` file without a four-digit number, or a number used twice.
 */
export async function readMigrations(folder: string): Promise<readonly MigrationFile[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  const files = await Promise.all(names.map((name) => readMigration(folder, name)));
  for (const [index, file] of files.entries()) {
    const before = files[index - 1];
    if (before?.number === file.number) throw new RangeError(`${before.name} and ${file.name} have the same number`);
  }
  return files;
}

async function readMigration(folder: string, name: string): Promise<MigrationFile> {
  const number = FILE_NAME.exec(name)?.[1];
  if (number === undefined) throw new RangeError(`${name}: a migration is named like 0001_decisions.sql`);
  const text = await readFile(join(folder, name), 'utf8');
  const checksum = createHash('sha256').update(text).digest('hex');
  return { name, number: Number(number), checksum, statements: splitStatements(text) };
}

const PIECES =
  /'[^'\\]*(?:(?:\\[^]|'')[^'\\]*)*'|`[^`\\]*(?:\\[^][^`\\]*)*`|"[^"\\]*(?:\\[^][^"\\]*)*"|(?<comment>--[^\n]*|\/\*[^]*?\*\/)|(?<end>;)|[^]/g;

/** Cuts SQL at its semicolons; not at those in strings, quoted names and comments. Comments are left out. */
export function splitStatements(sql: string): readonly string[] {
  const statements = [''];
  for (const { 0: piece, groups } of sql.matchAll(PIECES)) {
    if (groups?.['end']) statements.push('');
    else if (!groups?.['comment']) statements[statements.length - 1] += piece;
  }
  return statements.map((statement) => statement.trim()).filter((statement) => statement !== '');
}
