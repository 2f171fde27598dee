/** One lexical piece of a statement; `start` and `end` are character positions, blanks and comments are left out. */
export type SqlToken = { kind: 'word' | 'quoted' | 'string' | 'number' | 'mark'; start: number; end: number };

const PIECES =
  /(?<skip>\s+|--[^\n]*|#[ !][^\n]*|\/\*[^]*?(?:\*\/|$))|(?<string>'[^'\\]*(?:(?:\\[^]|'')[^'\\]*)*'|\$(\w*)\$[^]*?\$\3\$)|(?<quoted>`[^`\\]*(?:(?:\\[^]|``)[^`\\]*)*`|"[^"\\]*(?:(?:\\[^]|"")[^"\\]*)*")|(?<word>[A-Za-z_]\w*)|(?<number>\d[\w.]*)|(?<mark>[^])/gy;

/**
 * Splits ClickHouse SQL the way the engine's lexer does, as far as quoting and comments go. Lazy, so that a reader
 * can stop where the data of an INSERT begins: what follows there is not SQL.
 */
export function* sqlTokens(sql: string, from = 0): Generator<SqlToken> {
  const pieces = new RegExp(PIECES);
  pieces.lastIndex = from;
  for (let match = pieces.exec(sql); match?.groups; match = pieces.exec(sql)) {
    const { skip, string, quoted, word, number } = match.groups;
    if (skip !== undefined) continue;
    const kind = string ? 'string' : quoted ? 'quoted' : word ? 'word' : number ? 'number' : 'mark';
    yield { kind, start: match.index, end: pieces.lastIndex };
  }
}
