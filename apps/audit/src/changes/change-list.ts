import { decodeCursor, problem, type CursorParts } from '#libs/http';
import { Injectable } from '@nestjs/common';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import type { Conditions } from '../records/record-filter.js';
import { instant, msOf, type Asked } from '../records/record-list.js';

/** A row of `changes` under its column names. */
export type ChangeRow = {
  readonly change_id: string;
  readonly at: string;
  readonly before: string;
  readonly after: string;
  readonly reason: string;
  readonly free_text: string;
  readonly [column: string]: unknown;
};

/** What a list continues after: changes of one moment are told apart by their id. */
export const changeCursor = ({ at, change_id }: ChangeRow): CursorParts => [Date.parse(at), change_id];

/** Reads pages of `changes`, newest first. */
@Injectable()
export class ChangeList {
  constructor(private readonly database: AuditDatabase) {}

  /** At most `limit + 1` rows. */
  page(asked: Asked, { where, params }: Conditions): Promise<ChangeRow[]> {
    const cursor = asked.after === undefined ? undefined : readCursor(asked.after);
    const all = [
      ...where,
      ...(asked.from === undefined ? [] : [`at >= ${instant('from_ms')}`]),
      ...(asked.to === undefined ? [] : [`at < ${instant('to_ms')}`]),
      ...(cursor === undefined ? [] : [`(at, change_id) < (${instant('after_ms')}, {after_id:String})`]),
    ];
    return this.database.rows<ChangeRow>(
      `SELECT * FROM changes ${all.length > 0 ? `WHERE ${all.join(' AND ')}` : ''}
        ORDER BY at DESC, change_id DESC LIMIT {rows:UInt32}`,
      {
        ...params,
        rows: asked.limit + 1,
        from_ms: msOf(asked.from),
        to_ms: msOf(asked.to),
        ...(cursor && { after_ms: cursor.at, after_id: cursor.id }),
      },
    );
  }
}

function readCursor(text: string): { readonly at: number; readonly id: string } {
  const [at, id] = decodeCursor(text, 2);
  if (!Number.isSafeInteger(at) || typeof id !== 'string') {
    throw problem(400, 'invalid_request', 'This cursor is not one of this list.', [
      { parameter: 'after', detail: 'Take it from next_cursor of the page before.' },
    ]);
  }
  return { at: Number(at), id };
}
