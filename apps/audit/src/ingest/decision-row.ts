import type { RangeRow } from '#libs/clickhouse';
import type { DecisionRecord } from '#libs/contracts';
import { CHAIN_VERSION } from '#libs/chain';

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
 * The row but for its chain hash. Names are the record's own; values are brought to the one form that their column gives
 * back, so that the hash can be taken over stored rows again.
 */
export function rowOf({ type: _, ...record }: ReceivedDecision, { topic, partition, offset, index }: Place): RangeRow {
  return {
    ...(wellFormed(record) as Omit<ReceivedDecision, 'type'>),
    decision_id: record.decision_id.toLowerCase(),
    at: new Date(record.at).toISOString(),
    ...('cost' in record && { cost: trimmedDecimal(record.cost) }),
    chain_version: CHAIN_VERSION,
    kafka_topic: topic,
    kafka_partition: partition,
    kafka_offset: String(offset),
    kafka_index: index,
  };
}

/** `"2.500"` → `"2.5"`, `"0.0"` → `"0"`, `"007"` → `"7"`: what a decimal column prints. */
export function trimmedDecimal(text: string): string {
  const [whole = '0', fraction = ''] = text.split('.');
  const digits = fraction.replace(/0+$/, '');
  const start = whole.replace(/^0+(?=\d)/, '');
  return digits === '' ? start : `${start}.${digits}`;
}

/** Half a surrogate pair, as a cut through an emoji leaves it, is no text in UTF-8: it becomes U+FFFD. */
export function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name.toWellFormed(), wellFormed(inner)]));
}
