import type { Reach } from '../records/audit-reach.js';
import { conditionsOf, type Conditions } from '../records/record-filter.js';
import { instant } from '../records/record-list.js';
import { LISTS, type Cube } from './cube.js';
import { startSql, type Grain } from './calendar.js';
import { metadataKey } from './figures-question.js';

/** What somebody wants to know of a cube. `from` is included, `to` is not; `equal` holds columns, lists and `metadata`. */
export type Question = {
  readonly reach: Reach;
  readonly fromMs: number;
  readonly toMs: number;
  readonly dimensions: readonly string[];
  readonly grain?: Grain | undefined;
  /** Of the grain; UTC unless given. */
  readonly timeZone?: string | undefined;
  readonly equal: Readonly<Record<string, unknown>>;
};

/** `rollup`: from sums by minute. `rows`: from the rows themselves. They say the same. */
export type Basis = 'rollup' | 'rows';
export type FiguresSql = {
  readonly basis: Basis;
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** The names of `d0`, `d1`, … in the rows. */
  readonly names: readonly string[];
};

const MINUTE_MS = 60_000;

/**
 * The SQL of a question, for at most `rowsMax` groups: in the order of time, the largest first. From the sums by minute
 * where they know everything that is asked about and the time is of whole minutes, else from the rows.
 */
export function figuresSql(cube: Cube, question: Question, rowsMax: number): FiguresSql {
  const names = [...new Set([...question.dimensions, ...cube.apart])];
  const basis = basisOf(cube, question, names);
  const rollup = basis === 'rollup' ? cube.rollup : undefined;
  const { where, params } = conditionsOf(question.reach, cube.columns, question.equal);
  const moment = rollup ? 'minute' : 'at';
  const time = [`${moment} >= ${instant('from_ms')}`, `${moment} < ${instant('to_ms')}`];
  const narrowed = {
    where: [...where, ...time],
    params: { ...params, from_ms: question.fromMs, to_ms: question.toMs },
  };
  const source = rollup ? `${rollup.table} AS t` : rowsOf(cube, question, names, narrowed);
  const groups = groupsOf(names);
  const metadata = metadataFilter(question.equal['metadata']);
  const grain = question.grain && `${startSql(question.grain, `t.${moment}`)} AS time`;
  const keys = [...(grain ? ['time'] : []), ...names.map((_, index) => `d${index}`)];
  const lists = Object.keys(LISTS).filter((name) => question.equal[name] !== undefined);
  const listed = lists.map((name) => `t.${name} = {${name}:String}`);
  const conditions = [...narrowed.where, ...metadata.where, ...listed];
  const columns = [...(grain ? [grain] : []), ...groups.columns, ...(rollup ?? cube).figures];
  const order = [...(grain ? ['time'] : []), `${cube.highestBy} DESC`, ...keys.filter((key) => key !== 'time')];
  return {
    basis,
    names,
    sql: `SELECT ${columns.join(', ')} FROM ${source} WHERE ${conditions.join(' AND ')}
      ${keys.length > 0 ? `GROUP BY ${keys.join(', ')}` : ''} ORDER BY ${order.join(', ')} LIMIT ${rowsMax}`,
    params: {
      ...narrowed.params,
      ...groups.params,
      ...metadata.params,
      time_zone: question.timeZone ?? 'UTC',
      ...Object.fromEntries(lists.map((name) => [name, question.equal[name]])),
    },
  };
}

function basisOf({ rollup, columns }: Cube, question: Question, names: readonly string[]): Basis {
  const filters = [...Object.keys(LISTS), 'metadata', ...columns].filter((name) => question.equal[name] !== undefined);
  const owner = question.reach.owner === undefined ? [] : ['principal_id'];
  const isKnown = [...names, ...filters, ...owner].every((name) => rollup?.columns.includes(name));
  const isWhole = question.fromMs % MINUTE_MS === 0 && question.toMs % MINUTE_MS === 0;
  return rollup && isKnown && isWhole ? 'rollup' : 'rows';
}

/** Names of metadata are the caller's: bound, never part of the SQL. */
function groupsOf(names: readonly string[]) {
  const params: Record<string, string> = {};
  const columns = names.map((name, index) => {
    const key = metadataKey(name);
    if (key === undefined) return `t.${name} AS d${index}`;
    params[`metadata_${index}`] = key;
    return `t.metadata[{metadata_${index}:String}] AS d${index}`;
  });
  return { columns, params };
}

function metadataFilter(pair: unknown): Conditions {
  if (typeof pair !== 'string') return { where: [], params: {} };
  const at = pair.indexOf('=');
  return {
    where: ['t.metadata[{metadata_key:String}] = {metadata_value:String}'],
    params: { metadata_key: pair.slice(0, at), metadata_value: pair.slice(at + 1) },
  };
}

/** What callers have several of stands in the decision alone, which has the `at` of its call. */
function rowsOf({ table }: Cube, { equal, reach }: Question, names: readonly string[], { where }: Conditions): string {
  const lists = Object.entries(LISTS).filter(([name]) => names.includes(name) || equal[name] !== undefined);
  if (lists.length === 0) return `${table} AS t`;
  const columns = ['*', ...lists.map(([name, list]) => `arrayJoin(${list}) AS ${name}`)].join(', ');
  const asked = where.join(' AND ');
  if (table === 'decisions') return `(SELECT ${columns} FROM decisions WHERE ${asked}) AS t`;
  const ownTime = where.filter((condition) => condition.startsWith('at '));
  const decided = [...conditionsOf(reach).where, ...ownTime].join(' AND ');
  return `(SELECT ${columns} FROM calls ANY LEFT JOIN
    (SELECT decision_id, attributes, statements FROM decisions WHERE ${decided}) AS d
    USING (decision_id) WHERE ${asked}) AS t`;
}
