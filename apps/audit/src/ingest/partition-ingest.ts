import type { BusRecord, CommittedOffset, ConsumedBatch, DeadLetters } from '#libs/bus';
import {
  RangeReader,
  type OffsetRange,
  type PlacedItem,
  type RangeRow,
  type RangeWriter,
  type StoredRange,
} from '#libs/clickhouse';
import type { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { buryPoison } from './bury-poison.js';
import { ChainHeads } from './chain-heads.js';
import { rowOf, tableOf, type ReceivedDecision } from './decision-row.js';
import { readBatch } from './read-batch.js';

type Options = {
  readonly database: AuditDatabase;
  readonly writer: RangeWriter;
  readonly deadLetters: DeadLetters;
  readonly topic: string;
  readonly partition: number;
  readonly onStored: (range: StoredRange) => void;
  /** Told of each decision of a verified credential; one that is read twice is told twice. */
  readonly onKeyUse: (tenantId: string, keyId: string, at: string) => void;
};

/** Tables that decisions go to. */
export const TABLES = ['decisions', 'calls'] as const;

/**
 * One partition's way into ClickHouse, exactly once and in chains, from one assignment to the next. A batch of a former
 * assignment that is still under way goes on in its own and so cannot move the heads of the present one.
 */
export class PartitionIngest {
  private readonly reader: RangeReader<BusRecord, ReceivedDecision>;
  private readonly heads: ChainHeads;

  /** @throws RangeError if somebody else has committed for this group. */
  constructor(
    private readonly options: Options,
    committed: CommittedOffset | null,
  ) {
    const { database, writer, topic, partition, onStored } = options;
    const { client, name } = database;
    this.heads = new ChainHeads(client, name, topic, partition);
    const handler = {
      unpack: (record: BusRecord) => this.unpack(record),
      rows: (kept: readonly PlacedItem<ReceivedDecision>[], range: OffsetRange) => this.rows(kept, range),
    };
    this.reader = new RangeReader({ client, database: name, topic, partition, writer, handler, onStored });
    this.reader.assigned(committed);
  }

  take(batch: ConsumedBatch): Promise<void> {
    return this.reader.take(batch);
  }

  /** What cannot be read goes to the dead letters before the range is stored; if it cannot, nothing is committed. */
  private async unpack(record: BusRecord): Promise<readonly ReceivedDecision[]> {
    const read = readBatch(record);
    if (!('poison' in read)) return read;
    await buryPoison(this.options.deadLetters, record, read.poison);
    return [];
  }

  private async rows(kept: readonly PlacedItem<ReceivedDecision>[], range: OffsetRange) {
    const { topic, partition } = this.options;
    for (const { item } of kept) this.noteUse(item);
    const byTable = new Map<string, readonly RangeRow[]>();
    for (const table of TABLES) {
      const own = kept.filter(({ item }) => tableOf(item) === table);
      const rows = own.map(({ item, offset, index }) => rowOf(item, { topic, partition, offset, index }));
      byTable.set(table, await this.heads.chained(table, rows, range));
    }
    return byTable;
  }

  private noteUse(item: ReceivedDecision): void {
    if (item.type !== 'access.decided' || item.key_id === '' || item.principal_kind === '') return;
    this.options.onKeyUse(item.tenant_id, item.key_id, item.at);
  }
}
