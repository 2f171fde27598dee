import { decodeCursor, type CursorParts } from '#libs/http';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { problem } from '#libs/http';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import type { Conditions } from './record-filter.js';
import { timeWindows, type TimeWindow } from './time-windows.js';

/** A row of `decisions` or `calls` under its column names. */
export type RecordRow = {
  readonly decision_id: string;
  readonly tenant_id: string;
  readonly at: string;
  readonly kafka_offset: number;
  readonly kafka_index: number;
  readonly [column: string]: unknown;
};

export type Asked = {
  readonly limit: number;
  readonly after?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
};

const ORDER = 'at DESC, decision_id DESC, kafka_offset DESC, kafka_index DESC';
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What a list continues after. The time alone is not unique. */
export const cursorOf = ({ at, decision_id, kafka_offset, kafka_index }: RecordRow): CursorParts => [
  Date.parse(at),
  decision_id,
  kafka_offset,
  kafka_index,
];

/** Reads pages of a table, newest first, in windows of time: the tables are sorted by tenant and hour. */
@Injectable()
export class RecordList {
  constructor(
    private readonly database: AuditDatabase,
    private readonly clock: Clock,
  ) {}

  /** At most `limit + 1` rows. */
  async page(table: 'decisions' | 'calls', asked: Asked, conditions: Conditions): Promise<RecordRow[]> {
    const cursor = asked.after === undefined ? undefined : readCursor(asked.after);
    const toMs = lowest(msOf(asked.to), cursor && cursor.at + 1);
    const rows: RecordRow[] = [];
    for (const window of timeWindows({ fromMs: msOf(asked.from), toMs }, this.clock.nowMs())) {
      const limit = asked.limit + 1 - rows.length;
      if (limit <= 0) break;
      rows.push(...(await this.look(table, conditions, { cursor, window, limit })));
    }
    return rows;
  }

  private look(
    table: string,
    { where, params }: Conditions,
    { cursor, window: { fromMs, toMs }, limit }: { cursor: Cursor | undefined; window: TimeWindow; limit: number },
  ): Promise<RecordRow[]> {
    const all = [
      ...where,
      ...(fromMs === undefined ? [] : [`at >= ${instant('from_ms')}`]),
      ...(toMs === undefined ? [] : [`at < ${instant('to_ms')}`]),
      ...(cursor === undefined
        ? []
        : [
            `(at, decision_id, kafka_offset, kafka_index) <
              (${instant('after_ms')}, {after_id:UUID}, {after_offset:UInt64}, {after_index:UInt32})`,
          ]),
    ];
    return this.database.rows<RecordRow>(
      `SELECT * FROM ${table} ${all.length > 0 ? `WHERE ${all.join(' AND ')}` : ''} ORDER BY ${ORDER} LIMIT {rows:UInt32}`,
      {
        ...params,
        rows: limit,
        from_ms: fromMs,
        to_ms: toMs,
        ...(cursor && {
          after_ms: cursor.at,
          after_id: cursor.id,
          after_offset: cursor.offset,
          after_index: cursor.index,
        }),
      },
    );
  }
}

/** A parameter in milliseconds as the type of `at`. */
export const instant = (name: string) => `fromUnixTimestamp64Milli({${name}:Int64}, 'UTC')`;

/** The moment of an RFC 3339 text. */
export const msOf = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text));

export const isDecisionId = (text: string) => UUID.test(text);

type Cursor = { readonly at: number; readonly id: string; readonly offset: number; readonly index: number };

function readCursor(text: string): Cursor {
  const [at, id, offset, index] = decodeCursor(text, 4);
  const isRead = Number.isSafeInteger(at) && Number.isSafeInteger(offset) && Number.isSafeInteger(index);
  if (!isRead || typeof id !== 'string' || !isDecisionId(id) || Number(offset) < 0 || Number(index) < 0) {
    throw problem(400, 'invalid_request', 'This cursor is not one of this list.', [
      { parameter: 'after', detail: 'Take it from next_cursor of the page before.' },
    ]);
  }
  return { at: Number(at), id, offset: Number(offset), index: Number(index) };
}

function lowest(...values: readonly (number | undefined)[]): number | undefined {
  const given = values.filter((value) => value !== undefined);
  return given.length > 0 ? Math.min(...given) : undefined;
}
