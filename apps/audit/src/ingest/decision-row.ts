import type { RangeRow } from '#libs/clickhouse';
import type { DecisionRecord } from '#libs/contracts';

/** A decision with what only the broker knows of it. */
export type ReceivedDecision = DecisionRecord & { readonly appended_at: string };

export type Place = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly index: number;
};

/** Which table a record is a row of. */
export const tableOf = ({ type }: DecisionRecord) => (type === 'access.decided' ? 'decisions' : 'calls');

/**
 * The row but for its chain hash. Names are the record's own; only the cost is brought to the one form that the column
 * gives back, so that the hash can be taken over stored rows again.
 */
export function rowOf({ type: _, ...record }: ReceivedDecision, { topic, partition, offset, index }: Place): RangeRow {
  const cost = 'cost' in record ? { cost: trimmedDecimal(record.cost) } : {};
  const place = { kafka_topic: topic, kafka_partition: partition, kafka_offset: String(offset), kafka_index: index };
  return { ...record, ...cost, ...place };
}

/** `"2.500"` → `"2.5"`, `"0.0"` → `"0"`, `"007"` → `"7"`: what a decimal column prints. */
export function trimmedDecimal(text: string): string {
  const [whole = '0', fraction = ''] = text.split('.');
  const digits = fraction.replace(/0+$/, '');
  const start = whole.replace(/^0+(?=\d)/, '');
  return digits === '' ? start : `${start}.${digits}`;
}
