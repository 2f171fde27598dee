import type { BusRecord } from '#libs/bus';
import { readDecisionBatch } from '#libs/contracts';
import type { ReceivedDecision } from './decision-row.js';

/** The decisions in a Kafka record, or a code for why it cannot be stored. It depends on the content alone. */
export function readBatch({
  value,
  timestampMs,
}: Pick<BusRecord, 'value' | 'timestampMs'>): readonly ReceivedDecision[] | { readonly poison: string } {
  const read = readDecisionBatch(value === null ? null : value.toString('utf8'));
  if ('poison' in read) return read;
  const appended_at = new Date(timestampMs).toISOString();
  return read.map((record) => ({ ...record, appended_at }));
}
