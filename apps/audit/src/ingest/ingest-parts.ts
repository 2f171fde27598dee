import type { BusRecord, CommittedOffset, DeadLetters } from '#libs/bus';
import { RangeReader, type RangeHandler, type RangeWriter, type Sequenced, type StoredRange } from '#libs/clickhouse';
import type { AuditDatabase } from '../clickhouse/audit-database.adapter.js';

/** What one partition's way into the tables is made of. */
export type IngestParts = {
  readonly database: AuditDatabase;
  readonly writer: RangeWriter;
  readonly deadLetters: DeadLetters;
  readonly topic: string;
  readonly partition: number;
  readonly onStored: (range: StoredRange) => void;
};

/**
 * The reader of one assignment of a partition.
 *
 * @throws RangeError if somebody else has committed for this group.
 */
export function readerOf<Item extends Sequenced>(
  { database, topic, partition, writer, onStored }: IngestParts,
  handler: RangeHandler<BusRecord, Item>,
  committed: CommittedOffset | null,
): RangeReader<BusRecord, Item> {
  const { client, name } = database;
  const reader = new RangeReader({ client, database: name, topic, partition, writer, handler, onStored });
  reader.assigned(committed);
  return reader;
}
