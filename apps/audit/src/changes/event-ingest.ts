import { buryPoison, type BusRecord, type CommittedOffset, type ConsumedBatch } from '#libs/bus';
import type { OffsetRange, PlacedItem, RangeReader } from '#libs/clickhouse';
import { ChainHeads } from '../ingest/chain-heads.js';
import { readerOf, type IngestParts } from '../ingest/ingest-parts.js';
import { changeRows, changesIn, changesOf } from './change-rows.js';
import { formerStates } from './former-states.js';
import { readEvent, type ReceivedEvent } from './read-event.js';

/** Where domain events go to. */
export const CHANGES = 'changes';

/** One events topic's way into ClickHouse, exactly once and in chains, from one assignment to the next. */
export class EventIngest {
  private readonly reader: RangeReader<BusRecord, ReceivedEvent>;
  private readonly heads: ChainHeads;

  /** @throws RangeError if somebody else has committed for this group. */
  constructor(
    private readonly parts: IngestParts,
    committed: CommittedOffset | null,
  ) {
    const { database, topic, partition } = parts;
    this.heads = new ChainHeads(database.client, database.name, topic, partition);
    const handler = {
      unpack: (record: BusRecord) => this.unpack(record),
      rowsOf: changesIn,
      rows: (kept: readonly PlacedItem<ReceivedEvent>[], range: OffsetRange) => this.rows(kept, range),
    };
    this.reader = readerOf(parts, handler, committed);
  }

  take(batch: ConsumedBatch): Promise<void> {
    return this.reader.take(batch);
  }

  private async unpack(record: BusRecord): Promise<readonly ReceivedEvent[]> {
    const read = readEvent(record);
    if (!('poison' in read)) return [read];
    await buryPoison(this.parts.deadLetters, record, read.poison);
    return [];
  }

  private async rows(kept: readonly PlacedItem<ReceivedEvent>[], range: OffsetRange) {
    const { topic, partition, database } = this.parts;
    const things = kept.flatMap(({ item }) => changesOf(item));
    const former = await formerStates(database.client, database.name, range, things);
    const rows = kept.flatMap(({ item, offset }) => changeRows(item, { topic, partition, offset }, former));
    return new Map([[CHANGES, await this.heads.chained(CHANGES, rows, range)]]);
  }
}
