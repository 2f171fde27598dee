import { buryPoison, REDRIVEN_HEADER, type BusRecord, type CommittedOffset, type ConsumedBatch } from '#libs/bus';
import type { OffsetRange, PlacedItem, RangeReader, RangeRow } from '#libs/clickhouse';
import { ChainHeads } from './chain-heads.js';
import { rowOf, tableOf, type ReceivedDecision } from './decision-row.js';
import { readerOf, type IngestParts } from './ingest-parts.js';
import { readBatch } from './read-batch.js';
import { storedAmong } from './stored-decisions.js';

/** Told of each decision of a verified credential; one that is read twice is told twice. */
type OnKeyUse = (tenantId: string, keyId: string, at: string) => void;

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
    private readonly parts: IngestParts,
    committed: CommittedOffset | null,
    private readonly onKeyUse: OnKeyUse,
  ) {
    const { database, topic, partition } = parts;
    this.heads = new ChainHeads(database.client, database.name, topic, partition);
    const handler = {
      unpack: (record: BusRecord) => this.unpack(record),
      rows: (kept: readonly PlacedItem<ReceivedDecision>[], range: OffsetRange) => this.rows(kept, range),
      late: {
        is: ({ headers }: BusRecord) => headers[REDRIVEN_HEADER] !== undefined,
        known: (items: readonly PlacedItem<ReceivedDecision>[], range: OffsetRange) =>
          storedAmong(database, items, range),
      },
    };
    this.reader = readerOf(parts, handler, committed);
  }

  take(batch: ConsumedBatch): Promise<void> {
    return this.reader.take(batch);
  }

  /** What cannot be read goes to the dead letters before the range is stored; if it cannot, nothing is committed. */
  private async unpack(record: BusRecord): Promise<readonly ReceivedDecision[]> {
    const read = readBatch(record);
    if (!('poison' in read)) return read;
    await buryPoison(this.parts.deadLetters, record, read.poison);
    return [];
  }

  private async rows(kept: readonly PlacedItem<ReceivedDecision>[], range: OffsetRange) {
    const { topic, partition } = this.parts;
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
    this.onKeyUse(item.tenant_id, item.key_id, item.at);
  }
}
