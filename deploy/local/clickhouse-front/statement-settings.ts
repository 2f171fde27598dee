import { exceptionCodes, FrontException } from './http-exception.js';
import { literal } from './query-params.js';
import type { Statement } from './statement.js';

/** URL parameters of the HTTP interface that the engine does not know as settings. */
const NOT_SETTINGS = new Set([
  'query',
  'query_id',
  'database',
  'default_format',
  'session_id',
  'session_timeout',
  'session_check',
  'close_session',
  'user',
  'password',
  'quota_key',
  'role',
  'stacktrace',
  'client_protocol_version',
  'compress',
  'decompress',
  'buffer_size',
  'wait_end_of_query',
  'send_progress_in_http_headers',
  'add_http_cors_header',
  'enable_http_compression',
]);
const HTTP_SETTING = /^http_/;
const SETTING_NAME = /^[A-Za-z_]\w*$/;

/** The settings among a request's URL parameters. */
export function settingsOf(url: URLSearchParams): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  for (const [name, value] of url) {
    if (NOT_SETTINGS.has(name) || HTTP_SETTING.test(name) || name.startsWith('param_')) continue;
    if (!SETTING_NAME.test(name)) {
      const shown = JSON.stringify(name.slice(0, 80));
      throw new FrontException(exceptionCodes.badArguments, `${shown} is not the name of a setting.`, 'BAD_ARGUMENTS');
    }
    settings.set(name, value);
  }
  return settings;
}

/** Statements whose grammar has no SETTINGS clause; what is set for them would change nothing. */
const WITHOUT_CLAUSE = new Set(['USE', 'SET', 'SYSTEM', 'KILL', 'GRANT', 'REVOKE', 'BEGIN', 'COMMIT', 'ROLLBACK', '']);
/** Statements that end in a SETTINGS clause of their own, of the table or the view's query. */
const OWN_CLAUSE = new Set(['CREATE', 'ATTACH', 'ALTER', 'REPLACE']);

/**
 * Writes the settings into the statement itself. `SET` would outlive it: the connection is used for other requests
 * after this one, and a deduplication token left behind swallows their inserts.
 */
export function withSettings(sql: string, statement: Statement, settings: ReadonlyMap<string, string>): string {
  const clause = [...settings].map(([name, value]) => `${name} = ${literal(value)}`).join(', ');
  const text = sql.slice(0, statement.end);
  const { insert } = statement;
  if (insert) {
    if (clause === '') return text;
    const spliced = insert.hasSettings ? ` ${clause},` : ` SETTINGS ${clause} `;
    return text.slice(0, insert.settingsAt) + spliced + text.slice(insert.settingsAt);
  }
  if (clause === '' || WITHOUT_CLAUSE.has(statement.verb)) return text;
  // A line of its own, since the text may end in a comment.
  if (OWN_CLAUSE.has(statement.verb) && statement.format === undefined)
    return `${text}\nFORMAT Null SETTINGS ${clause}`;
  return `${text}\nSETTINGS ${clause}`;
}
