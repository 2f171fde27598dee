import type { BusRecord } from '#libs/bus';
import { DecisionBatch } from '#libs/contracts';
import type { ReceivedDecision } from './decision-row.js';

/** The decisions in a Kafka record, or a code for why it cannot be read. It depends on the content alone. */
export function readBatch({
  value,
  timestampMs,
}: BusRecord): readonly ReceivedDecision[] | { readonly poison: string } {
  if (value === null) return { poison: 'no_value' };
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.toString('utf8'));
  } catch {
    return { poison: 'not_json' };
  }
  const batch = DecisionBatch.safeParse(parsed);
  if (!batch.success) return { poison: 'not_a_decision_batch' };
  const appended_at = new Date(timestampMs).toISOString();
  return batch.data.records.map((record) => ({ ...record, appended_at }));
}
