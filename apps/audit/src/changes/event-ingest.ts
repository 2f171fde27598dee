import type { BusRecord, CommittedOffset, ConsumedBatch, DeadLetters } from '#libs/bus';
import { RangeReader, type OffsetRange, type PlacedItem, type RangeWriter, type StoredRange } from '#libs/clickhouse';
import type { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { buryPoison } from '../ingest/bury-poison.js';
import { ChainHeads } from '../ingest/chain-heads.js';
import { changeRows, changesIn, changesOf } from './change-rows.js';
import { formerStates } from './former-states.js';
import { readEvent, type ReceivedEvent } from './read-event.js';

type Options = {
  readonly database: AuditDatabase;
  readonly writer: RangeWriter;
  readonly deadLetters: DeadLetters;
  readonly topic: string;
  readonly partition: number;
  readonly onStored: (range: StoredRange) => void;
};

/** Where domain events go to. */
export const CHANGES = 'changes';

/** One events topic's way into ClickHouse, exactly once and in chains, from one assignment to the next. */
export class EventIngest {
  private readonly reader: RangeReader<BusRecord, ReceivedEvent>;
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
      rowsOf: changesIn,
      rows: (kept: readonly PlacedItem<ReceivedEvent>[], range: OffsetRange) => this.rows(kept, range),
    };
    this.reader = new RangeReader({ client, database: name, topic, partition, writer, handler, onStored });
    this.reader.assigned(committed);
  }

  take(batch: ConsumedBatch): Promise<void> {
    return this.reader.take(batch);
  }

  private async unpack(record: BusRecord): Promise<readonly ReceivedEvent[]> {
    const read = readEvent(record);
    if (!('poison' in read)) return [read];
    await buryPoison(this.options.deadLetters, record, read.poison);
    return [];
  }

  private async rows(kept: readonly PlacedItem<ReceivedEvent>[], range: OffsetRange) {
    const { client, name } = this.options.database;
    const things = kept.flatMap(({ item }) => changesOf(item));
    const former = await formerStates(client, name, range, things);
    const { topic, partition } = this.options;
    const rows = kept.flatMap(({ item, offset }) => changeRows(item, { topic, partition, offset }, former));
    return new Map([[CHANGES, await this.heads.chained(CHANGES, rows, range)]]);
  }
}
