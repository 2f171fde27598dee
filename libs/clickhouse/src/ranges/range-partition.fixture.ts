import type { ClickHouseClient } from '../client/clickhouse-client.js';
import { RangeReader, type StoredRange } from './range-reader.js';
import { RangeWriter } from './range-writer.js';
import { handlerOf, TOPIC, type Item, type LogRecord } from './range-world.fixture.js';

/** The end of a process: from here on nothing of it reaches anybody. */
export class Killed extends Error {}

/** Kills a consumer at the `at`th of its commits and inserts: before it is sent, or after, before the answer is seen. */
export type Fault = { at: number; when: 'before' | 'after' };

/** One partition of a log as a broker keeps it: records, the group's commit, and who may commit. */
export class PartitionTwin {
  committed: { offset: bigint; metadata: string | null } | null = null;
  readonly stored: StoredRange[] = [];
  private generation = 0;

  constructor(
    readonly records: LogRecord[],
    private readonly database: string,
  ) {}

  get isDone(): boolean {
    const last = this.records.at(-1);
    return last === undefined || (this.committed?.offset === last.offset + 1n && !this.committed.metadata);
  }

  /** A new owner; every earlier one can no longer commit. */
  join(client: ClickHouseClient, fault?: Fault, clock?: () => number): ConsumerTwin {
    this.generation += 1;
    return new ConsumerTwin(this, this.generation, client, this.database, fault, clock);
  }

  commit(generation: number, offset: bigint, metadata: string | null): void {
    if (generation !== this.generation) throw new Error('the partition is somebody else’s');
    this.committed = { offset, metadata };
  }
}

/** A consumer of that partition with the real reader and the real engine, that can be killed anywhere. */
export class ConsumerTwin {
  /** Commits and inserts so far. */
  effects = 0;
  readonly lost = new AbortController();
  private dead = false;
  private readonly reader: RangeReader<LogRecord, Item>;
  private readonly writer: RangeWriter;
  private isPrepared = false;

  constructor(
    private readonly partition: PartitionTwin,
    private readonly generation: number,
    client: ClickHouseClient,
    database: string,
    private readonly fault?: Fault,
    monotonicMs: () => number = () => performance.now(),
  ) {
    const guarded = this.guard(client);
    this.writer = new RangeWriter(guarded, database, ['decisions', 'calls'], 1);
    const onStored = (range: StoredRange) => void partition.stored.push(range);
    this.reader = new RangeReader({
      client: guarded,
      database,
      topic: TOPIC,
      partition: 0,
      writer: this.writer,
      handler: handlerOf(guarded, database),
      onStored,
      monotonicMs,
    });
  }

  /** Reads from the committed offset to the end, `batchMax` records at a time, at most `batchesMax` batches. */
  async run(batchMax: number, batchesMax = Infinity): Promise<void> {
    if (!this.isPrepared) await this.writer.prepare();
    this.isPrepared = true;
    this.reader.assigned(this.partition.committed);
    let next = this.partition.committed?.offset ?? 0n;
    for (let batch = 0; batch < batchesMax; batch += 1) {
      const records = this.partition.records.filter(({ offset }) => offset >= next).slice(0, batchMax);
      const last = records.at(-1);
      if (!last) return;
      await this.reader.take({
        records,
        signal: this.lost.signal,
        commit: (offset, metadata) => this.commit(offset, metadata ?? null),
      });
      next = last.offset + 1n;
    }
  }

  private async commit(offset: bigint, metadata: string | null): Promise<void> {
    await this.effect(async () => this.partition.commit(this.generation, offset, metadata));
  }

  private async effect<Result>(act: () => Promise<Result>): Promise<Result> {
    if (this.dead) throw new Killed();
    this.effects += 1;
    const isHere = this.effects === this.fault?.at;
    if (isHere) this.dead = true;
    if (isHere && this.fault?.when === 'before') throw new Killed();
    const result = await act();
    if (isHere) throw new Killed();
    return result;
  }

  /** The same client, whose inserts and changes count as effects; queries of a dead process are answered to nobody. */
  private guard(client: ClickHouseClient): ClickHouseClient {
    return new Proxy(client, {
      get: (target, name) => {
        if (name === 'insert') return (params: never) => this.effect(() => target.insert(params));
        const isChange = (params: { query: string }) => /^(?:DELETE|INSERT)/.test(params.query);
        if (name === 'command') {
          return (params: { query: string }) =>
            isChange(params) ? this.effect(() => target.command(params)) : target.command(params);
        }
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }
}

/** Lets consumers be killed and replaced until the log is stored; the last one without a fault. */
export async function runThroughFaults(
  twin: PartitionTwin,
  client: ClickHouseClient,
  faults: readonly (Fault & { batchMax: number })[],
  batchMax = 4,
): Promise<void> {
  for (const fault of faults) {
    try {
      await twin.join(client, fault).run(fault.batchMax);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
  }
  await twin.join(client).run(batchMax);
}
