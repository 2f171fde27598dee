import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { ClickHouseClient } from '../client/clickhouse-client.js';
import { rangeToken, type OffsetRange } from './offset-range.js';

/** Where mending happens. */
export type MendPlace = {
  readonly client: ClickHouseClient;
  readonly database: string;
  /** A difference must last this long: a late sender's part may be registered as a duplicate and just not visible yet. */
  readonly settleMs: number;
  /** Throws if the range may no longer be sent; asked right before every change. */
  readonly assertFresh: () => void;
};
/** A difference that mending did not remove. */
export class UnmendableRange extends Error {
  override readonly name = 'UnmendableRange';

  constructor(
    readonly table: string,
    range: OffsetRange,
  ) {
    super(`${table} still differs from ${rangeToken(range)} after it was mended`);
  }
}

/** Whether something differs now and also after the settling time. */
export async function settledDifference({ settleMs }: MendPlace, differs: () => Promise<boolean>): Promise<boolean> {
  if (!(await differs())) return false;
  await pause(settleMs);
  return differs();
}

/** Tokens to try with. Each but the last may be spent by a mending that was itself cut off after the token was noted. */
const MENDINGS_MAX = 4;

/** Tries under one new token after the other: always the same ones, so that two who mend at one time do it once. */
export async function mendUntilEqual(
  table: string,
  range: OffsetRange,
  differs: () => Promise<boolean>,
  mend: (token: string) => Promise<void>,
): Promise<void> {
  for (let attempt = 1; attempt <= MENDINGS_MAX; attempt += 1) {
    await mend(`${rangeToken(range)}/mend-${attempt === MENDINGS_MAX ? randomUUID() : attempt}`);
    if (!(await differs())) return;
  }
  throw new UnmendableRange(table, range);
}
