import { fitsTimeColumn } from './column-time.js';
import { DecisionBatch, type DecisionRecord } from './decision-batch.record.js';

const HTTP_STATUS_MAX = 65_535;

/**
 * The decisions in the value of a Kafka record, or a code for why it is none. All who count by it read it here, or one
 * would count what another has given up. It depends on the content alone.
 */
export function readDecisionBatch(text: string | null): readonly DecisionRecord[] | { readonly poison: string } {
  if (text === null) return { poison: 'no_value' };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { poison: 'not_json' };
  }
  const batch = DecisionBatch.safeParse(parsed);
  if (!batch.success) return { poison: 'not_a_decision_batch' };
  const { records } = batch.data;
  return records.every(fitsColumns) ? records : { poison: 'out_of_range' };
}

function fitsColumns({ at, http_status: status }: DecisionRecord): boolean {
  return fitsTimeColumn(at) && status >= 0 && status <= HTTP_STATUS_MAX;
}
