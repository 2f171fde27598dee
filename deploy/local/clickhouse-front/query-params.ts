import { exceptionCodes, FrontException } from './http-exception.js';
import { sqlTokens, type SqlToken } from './sql-tokens.js';

/** Text as a string literal: nothing in it can end the literal. */
export function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\0', '\\0')}'`;
}

/** Text as a quoted identifier. */
export function identifier(text: string): string {
  return `\`${text.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}

/**
 * Puts the values of `param_x` where `{x: Type}` stands, as a cast from a string literal. The package's own binding
 * keeps parameters in a place shared by every connection, so it allows only one such query at a time.
 *
 * @param end Character position up to which the text is SQL.
 */
export function bindParams(sql: string, params: ReadonlyMap<string, string>, end: number): string {
  let out = '';
  let copied = 0;
  const tokens = sqlTokens(sql);
  for (const token of tokens) {
    if (token.start >= end) break;
    if (sql[token.start] !== '{' || token.kind !== 'mark') continue;
    const found = readSubstitution(sql, tokens);
    if (!found) continue;
    out += sql.slice(copied, token.start) + substitute(found, params);
    copied = found.end;
  }
  return out + sql.slice(copied);
}

type Substitution = { name: string; type: string; end: number };

function readSubstitution(sql: string, tokens: Generator<SqlToken>): Substitution | undefined {
  const name = tokens.next().value;
  const colon = tokens.next().value;
  if (!name || name.kind !== 'word' || !colon || sql[colon.start] !== ':') return undefined;
  // By hand: leaving a for-of loop would close the generator that the caller goes on reading.
  for (let next = tokens.next(); !next.done; next = tokens.next()) {
    const { start, end } = next.value;
    if (sql[start] !== '}') continue;
    return { name: sql.slice(name.start, name.end), type: sql.slice(colon.end, start).trim(), end };
  }
  return undefined;
}

const MAP_TEXT = /^(?:'(?:[^'\\]|\\[^])*'|[-+]?[\d.]+(?:e[-+]?\d+)?|null|true|false|[-+]?nan|[-+]?inf|[[\](),\s])*$/i;
const COMPOSITE = /^(?:Array|Tuple|Nested|Variant|Dynamic|JSON)\b/i;

function substitute({ name, type }: Substitution, params: ReadonlyMap<string, string>): string {
  const sent = params.get(name);
  if (sent === undefined) {
    const code = exceptionCodes.unknownQueryParameter;
    throw new FrontException(code, `Substitution \`${name}\` is not set.`, 'UNKNOWN_QUERY_PARAMETER');
  }
  if (/^Identifier$/i.test(type)) return unescaped(sent).split('.').map(identifier).join('.');
  if (sent === '\\N') return `_CAST(NULL, ${literal(type)})`;
  if (/^Map\b/i.test(type)) return mapOf(name, sent, type);
  // A composite value escapes inside its own quotes; a scalar is escaped as a field of a tab-separated line.
  const value = literal(COMPOSITE.test(type) ? sent : unescaped(sent));
  return /^String$/i.test(type) ? value : `_CAST(${value}, ${literal(type)})`;
}

/** The engine does not cast text to a map, so the map is rebuilt as a call, from nothing but literals. */
function mapOf(name: string, sent: string, type: string): string {
  const inner = /^\{([^]*)\}$/.exec(sent.trim())?.[1];
  const flat = inner?.replace(/('(?:[^'\\]|\\[^])*')|:/g, (_, quoted?: string) => quoted ?? ',');
  if (flat === undefined || !MAP_TEXT.test(flat)) {
    throw new FrontException(
      exceptionCodes.badArguments,
      `Value of \`${name}\` cannot be read as ${type}.`,
      'BAD_ARGUMENTS',
    );
  }
  return `_CAST(map(${flat}), ${literal(type)})`;
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', b: '\b', f: '\f', '0': '\0' };

function unescaped(field: string): string {
  return field.replace(/\\([^])/g, (_, letter: string) => ESCAPES[letter] ?? letter);
}
