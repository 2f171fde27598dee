import { exceptionCodes, FrontException } from './http-exception.js';
import { sqlTokens, type SqlToken } from './sql-tokens.js';

/** Where the parts of an INSERT stand in its text. */
export type InsertParts = {
  /** Table and column list as written, when they are plain enough to be given to the engine apart. */
  target: { table: string; columns: string[] } | undefined;
  /** Position right after an existing SETTINGS word, or where such a clause may be put. */
  settingsAt: number;
  hasSettings: boolean;
  /** What follows: bytes in a format, expressions, or a query. */
  source: 'format' | 'values' | 'query';
  /** Character position behind the FORMAT name or VALUES; meaningless for a query. */
  dataAt: number;
};

export type Statement = {
  /** First word, in capitals. */
  verb: string;
  /** The word after the verb, in capitals. */
  object: string;
  /** FORMAT named in the text. */
  format: string | undefined;
  insert: InsertParts | undefined;
  /** End of the statement without a trailing semicolon. */
  end: number;
};

const PLAIN_TARGET = /^(\w+(?:\.\w+)?)\s*(?:\(([\w\s,]*)\))?$/;

/** Reads as much of a statement as the protocol needs: never the data of an INSERT. */
export function readStatement(sql: string): Statement {
  const words: string[] = [];
  let format: string | undefined;
  let previous: SqlToken | undefined;
  let end = sql.length;
  for (const token of sqlTokens(sql)) {
    const word = wordOf(sql, token);
    if (words.length < 2 && token.kind === 'word') words.push(word);
    if (words[0] === 'INSERT') return { verb: 'INSERT', object: '', ...readInsert(sql) };
    if (sql.slice(token.start, token.end) === ';') {
      end = token.start;
      refuseMore(sql, token.end);
      break;
    }
    if (previous && wordOf(sql, previous) === 'FORMAT' && token.kind === 'word')
      format = sql.slice(token.start, token.end);
    previous = token;
  }
  return { verb: words[0] ?? '', object: words[1] ?? '', format, insert: undefined, end };
}

function readInsert(sql: string): Pick<Statement, 'format' | 'insert' | 'end'> {
  const tokens = sqlTokens(sql);
  let depth = 0;
  let targetFrom = -1;
  let settings: { wordAt: number; settingsAt: number } | undefined;
  for (const token of tokens) {
    const text = sql.slice(token.start, token.end);
    if (text === '(') depth += 1;
    if (text === ')') depth -= 1;
    const word = depth === 0 ? wordOf(sql, token) : '';
    if (targetFrom < 0 && !['INSERT', 'INTO', 'TABLE'].includes(word)) targetFrom = token.start;
    if (word === 'SETTINGS') settings = { wordAt: token.start, settingsAt: token.end };
    const isSource = word === 'FORMAT' || word === 'VALUES' || word === 'SELECT' || word === 'WITH' || word === 'FROM';
    if (!isSource || token.start === targetFrom) continue;
    const parts = {
      target: plainTarget(sql.slice(targetFrom, settings?.wordAt ?? token.start)),
      settingsAt: settings?.settingsAt ?? token.start,
      hasSettings: settings !== undefined,
    };
    if (word === 'VALUES')
      return { format: 'Values', end: sql.length, insert: { ...parts, source: 'values', dataAt: token.end } };
    if (word !== 'FORMAT')
      return { format: undefined, end: endOf(sql, token.end), insert: { ...parts, source: 'query', dataAt: 0 } };
    const name = tokens.next().value;
    if (!name) break;
    return {
      format: sql.slice(name.start, name.end),
      end: sql.length,
      insert: { ...parts, source: 'format', dataAt: name.end },
    };
  }
  // Without a source the data follow in the engine's default, as expressions.
  const insert = { target: undefined, settingsAt: sql.length, hasSettings: false, source: 'query', dataAt: 0 } as const;
  return { format: undefined, end: endOf(sql, 0), insert };
}

function plainTarget(text: string): InsertParts['target'] {
  const match = PLAIN_TARGET.exec(text.trim());
  if (!match?.[1]) return undefined;
  const columns = (match[2] ?? '').split(',').map((column) => column.trim());
  return { table: match[1], columns: columns.filter((column) => column !== '') };
}

function endOf(sql: string, from: number): number {
  for (const token of sqlTokens(sql, from)) {
    if (sql.slice(token.start, token.end) !== ';') continue;
    refuseMore(sql, token.end);
    return token.start;
  }
  return sql.length;
}

/** The engine would run them all, in one connection's settings; the server's HTTP interface refuses, and so does this. */
function refuseMore(sql: string, from: number): void {
  for (const token of sqlTokens(sql, from)) {
    if (sql.slice(token.start, token.end) === ';') continue;
    throw new FrontException(
      exceptionCodes.syntaxError,
      'Syntax error: Multi-statements are not allowed',
      'SYNTAX_ERROR',
    );
  }
}

function wordOf(sql: string, token: SqlToken): string {
  return token.kind === 'word' ? sql.slice(token.start, token.end).toUpperCase() : '';
}
