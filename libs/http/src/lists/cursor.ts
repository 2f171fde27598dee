import { isStorable } from '#libs/decider';
import { problem } from '../problems/problem.js';

/** What a list continues after: the ordering columns of the last row, in their order. Numbers are whole. */
export type CursorParts = readonly (string | number | null)[];

const PARTS_MAX = 8;
const CURSOR_CHARS_MAX = 512;

/** An opaque cursor. It names a place, not a right: every page is filtered by the caller's tenant again. */
export function encodeCursor(parts: CursorParts): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/**
 * @param count how many parts this list's cursors have.
 * @throws ProblemError 400 `invalid_request` for a cursor that this list did not give out.
 */
export function decodeCursor(text: string, count: number): CursorParts {
  const parts = text.length <= CURSOR_CHARS_MAX ? parsed(text) : undefined;
  if (parts === undefined || parts.length !== count || count > PARTS_MAX) throw foreign();
  return parts;
}

/**
 * The number that cursors of a list which is ordered by one hold.
 * @throws ProblemError as {@link decodeCursor}.
 */
export function numberIn(cursor: string): number {
  const [number] = decodeCursor(cursor, 1);
  if (typeof number !== 'number') throw foreign();
  return number;
}

const foreign = () =>
  problem(400, 'invalid_request', 'This cursor is not one of this list.', [
    { parameter: 'after', detail: 'Take it from next_cursor of the page before.' },
  ]);

function parsed(text: string): CursorParts | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(value) && value.every(isPart) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What a column may hold: whatever else somebody writes into a cursor would end in an error of the database. */
function isPart(value: unknown): value is string | number | null {
  if (typeof value === 'string') return isStorable(value);
  return value === null || Number.isSafeInteger(value);
}
