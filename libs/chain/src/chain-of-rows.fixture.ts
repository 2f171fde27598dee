import type { StoredRow } from './chain-break.js';
import { chainHash } from './chain-hash.js';

/** A chain of rows as the consumer makes it, a number of them on each of the days. */
export function chainOfRows(days: Readonly<Record<string, number>>): StoredRow[] {
  let head = '';
  let offset = 0;
  return Object.entries(days).flatMap(([day, count]) =>
    Array.from({ length: count }, () => {
      offset += 1;
      const place = { kafka_partition: 3, kafka_offset: offset, kafka_index: 0 };
      const row = { decision_id: `d${offset}`, outcome: 'allow', appended_at: `${day}T09:00:00.000Z`, ...place };
      head = chainHash(head, row);
      return { ...row, chain_hash: head };
    }),
  );
}

/** The same rows with a chain computed anew over them, as somebody who may write to the tables can. */
export function rechained(rows: readonly StoredRow[], former = ''): StoredRow[] {
  let head = former;
  return rows.map(({ chain_hash: _, ...row }) => {
    head = chainHash(head, row);
    return { ...row, chain_hash: head };
  });
}
