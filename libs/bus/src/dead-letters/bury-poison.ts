import { BusError } from '../bus-error.js';
import type { BusRecord } from '../bus-record.js';
import type { DeadLetters } from './dead-letters.js';
import { CUT_SUFFIX } from './letter.js';

/** What is left of a record that is too large to be buried whole. */
const REMAINS_BYTES = 256 * 1024;

/**
 * Puts a record that cannot be stored to the dead letters; rejects while they cannot be written. One that is larger than
 * a record of ours may be, which only somebody else can have written, is buried in part, so that it stops nothing.
 */
export async function buryPoison(deadLetters: DeadLetters, record: BusRecord, reason: string): Promise<void> {
  try {
    await deadLetters.bury(record, { reason, attempts: 1 });
  } catch (error) {
    if (!(error instanceof BusError) || error.code !== 'bus/invalid-record') throw error;
    const value = record.value?.subarray(0, REMAINS_BYTES) ?? null;
    const key = record.key?.subarray(0, REMAINS_BYTES) ?? null;
    await deadLetters.bury({ ...record, key, value, headers: {} }, { reason: `${reason}${CUT_SUFFIX}`, attempts: 1 });
  }
}
