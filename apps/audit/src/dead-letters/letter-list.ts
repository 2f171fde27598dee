import { DeadLetterRedriven, PLATFORM_TENANT } from '#libs/contracts';
import { decodeCursor, problem, type CursorParts } from '#libs/http';
import { Injectable } from '@nestjs/common';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { instant } from '../records/record-list.js';
import type { LetterRow } from './letter-row.js';

/** A letter, and what `changes` tell of its being sent again; they are a second or so behind. */
export type NotedLetter = LetterRow & { readonly redriven_at: string | null; readonly redriven_times: number };

export type LettersAsked = {
  readonly limit: number;
  readonly after?: string | undefined;
  readonly status?: 'dead' | 'redriven' | undefined;
};

/** What a list continues after. */
export const letterCursor = ({ at, letter_id }: LetterRow): CursorParts => [Date.parse(at), letter_id];

/** Reads noted letters, newest first. */
@Injectable()
export class LetterList {
  constructor(private readonly database: AuditDatabase) {}

  /** At most `limit + 1` rows. */
  page({ limit, after, status }: LettersAsked): Promise<NotedLetter[]> {
    const cursor = after === undefined ? undefined : readCursor(after);
    const where = [
      ...(status === undefined ? [] : [`redriven_times ${status === 'dead' ? '=' : '>'} 0`]),
      ...(cursor === undefined ? [] : [`(at, letter_id) < (${instant('after_ms')}, {after_id:String})`]),
    ];
    const params = { rows: limit + 1, ...(cursor && { after_ms: cursor.at, after_id: cursor.id }) };
    return this.read(where, params);
  }

  async find(id: string): Promise<NotedLetter | undefined> {
    const [row] = await this.read(['letter_id = {id:String}'], { id, rows: 1 });
    return row;
  }

  private read(where: readonly string[], params: Readonly<Record<string, unknown>>): Promise<NotedLetter[]> {
    return this.database.rows<NotedLetter>(
      `SELECT letters.*, nullIf(sent.redriven_at, toDateTime64(0, 3, 'UTC')) AS redriven_at, sent.times AS redriven_times
        FROM (SELECT * FROM dead_letters FINAL) AS letters
        LEFT JOIN (SELECT resource AS letter_id, max(at) AS redriven_at, uniqExact(change_id) AS times FROM changes
          WHERE tenant_id = {platform:String} AND resource_type = 'dead-letter' AND type = {type:String}
          GROUP BY resource) AS sent USING (letter_id)
        ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''}
        ORDER BY at DESC, letter_id DESC LIMIT {rows:UInt32}`,
      { ...params, platform: PLATFORM_TENANT, type: DeadLetterRedriven.type },
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
