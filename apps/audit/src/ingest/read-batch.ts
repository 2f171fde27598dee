import type { BusRecord } from '#libs/bus';
import { DecisionBatch, type DecisionRecord } from '#libs/contracts';
import type { ReceivedDecision } from './decision-row.js';

/** What the columns hold: minutes are kept in 32 bits. */
const EARLIEST = '2000-01-01T00:00:00.000Z';
const LATEST = '2100-01-01T00:00:00.000Z';
const HTTP_STATUS_MAX = 65_535;

/** The decisions in a Kafka record, or a code for why it cannot be stored. It depends on the content alone. */
export function readBatch({
  value,
  timestampMs,
}: Pick<BusRecord, 'value' | 'timestampMs'>): readonly ReceivedDecision[] | { readonly poison: string } {
  if (value === null) return { poison: 'no_value' };
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.toString('utf8'));
  } catch {
    return { poison: 'not_json' };
  }
  const batch = DecisionBatch.safeParse(parsed);
  if (!batch.success) return { poison: 'not_a_decision_batch' };
  const { records } = batch.data;
  if (!records.every(fitsColumns)) return { poison: 'out_of_range' };
  const appended_at = new Date(timestampMs).toISOString();
  return records.map((record) => ({ ...record, appended_at }));
}

function fitsColumns({ at, http_status: status }: DecisionRecord): boolean {
  return at >= EARLIEST && at < LATEST && status >= 0 && status <= HTTP_STATUS_MAX;
}
