import type { RawInsertFormat } from 'chdb';
import type { Work } from './engine.js';
import { exceptionCodes, FrontException } from './http-exception.js';
import { bindParams } from './query-params.js';
import { readStatement, type Statement } from './statement.js';
import { settingsOf, withSettings } from './statement-settings.js';

/** What a request asks for: nothing to do for an insert without data, else work for the engine. */
export type PlannedWork = { work: Work | undefined; format: string };

/** Formats whose bytes the engine takes as they are, beside the statement. */
const RAW_FORMATS = new Set(
  'JSONEachRow JSONCompactEachRow CSV CSVWithNames TSV TabSeparated TSVWithNames TabSeparatedWithNames'.split(' '),
);
const READS = new Set([
  'SELECT',
  'WITH',
  'SHOW',
  'DESCRIBE',
  'DESC',
  'EXISTS',
  'EXPLAIN',
  'CHECK',
  'VALUES',
  'FROM',
  '',
]);
/** Output of the server's HTTP interface when neither the statement nor the URL names a format. */
const DEFAULT_FORMAT = 'TabSeparated';

/** Turns URL and body into one statement; like the server, a body beside `?query=` continues that text. */
export function planWork(url: URLSearchParams, body: Buffer, readOnly: boolean): PlannedWork {
  const settings = settingsOf(url);
  const database = url.get('database') ?? 'default';
  const inUrl = url.get('query') ?? '';
  const head = inUrl === '' ? body.toString('utf8') : inUrl;
  const statement = readStatement(head);
  if (readOnly && !READS.has(statement.verb)) {
    throw new FrontException(exceptionCodes.readonly, 'Cannot execute query in readonly mode.', 'READONLY');
  }
  const data = inUrl === '' ? dataWithin(head, statement, body) : body;
  if (statement.insert?.source === 'format') return planInsert(head, statement, data, { settings, database, url });
  const sql = inUrl !== '' && body.length > 0 ? `${inUrl}\n${body.toString('utf8')}` : head;
  const whole = sql === head ? statement : readStatement(sql);
  const text = bound(withSettings(sql, whole, settings), url, Infinity);
  const format = whole.format ?? url.get('default_format') ?? DEFAULT_FORMAT;
  const isolated =
    whole.verb === 'USE' || whole.verb === 'SET' || (whole.verb === 'CREATE' && whole.object === 'TEMPORARY');
  return { work: { sql: text, format, database, isolated }, format };
}

type Context = { settings: ReadonlyMap<string, string>; database: string; url: URLSearchParams };

function planInsert(
  head: string,
  statement: Statement,
  data: Buffer,
  { settings, database, url }: Context,
): PlannedWork {
  const { insert, format = DEFAULT_FORMAT } = statement;
  if (!insert || isBlank(data)) return { work: undefined, format };
  const place = { database, isolated: false };
  if (insert.target && !insert.hasSettings && RAW_FORMATS.has(format)) {
    // The set above holds nothing but the names of this type.
    const named = { ...insert.target, format: format as RawInsertFormat };
    return { work: { ...place, insert: { ...named, settings, data } }, format };
  }
  const prefix = head.slice(0, insert.dataAt);
  const text = bound(withSettings(prefix, { ...statement, end: prefix.length }, settings), url, Infinity);
  return { work: { ...place, sql: `${text}\n${data.toString('utf8')}`, format }, format };
}

function dataWithin(head: string, { insert }: Statement, body: Buffer): Buffer {
  if (insert?.source !== 'format') return Buffer.alloc(0);
  const blank = /^[ \t\f]*\r?\n?/.exec(head.slice(insert.dataAt, insert.dataAt + 256))?.[0].length ?? 0;
  return body.subarray(Buffer.byteLength(head.slice(0, insert.dataAt + blank)));
}

function bound(sql: string, url: URLSearchParams, end: number): string {
  const params = new Map<string, string>();
  for (const [name, value] of url) if (name.startsWith('param_')) params.set(name.slice('param_'.length), value);
  return bindParams(sql, params, end);
}

function isBlank(data: Buffer): boolean {
  return data.length < 64 && data.toString('latin1').trim() === '';
}
