import { BusError } from '../bus-error.js';
import type { BusRecord, TopicPartition } from '../bus-record.js';
import type { BusClock } from '../clock.js';
import { firstOffset } from '../first-offset.js';
import type { AssignedPartition, ConsumedBatch, ConsumeOptions, Consumption } from '../consumption.js';
import type { ReaderHealth, TopicChoice } from '../reader-health.js';
import type { GroupMember, MemoryGroup } from './memory-group.js';
import type { MemoryLog } from './memory-log.js';
import { MemoryReader } from './memory-reader.js';

type Owned = TopicPartition & { next: bigint };
type Assignment = { readonly owned: Owned[]; readonly over: AbortController; placed: boolean };

/** {@link Consumption} of a {@link MemoryLog}. */
export class MemoryConsumption implements Consumption, GroupMember {
  readonly topics: readonly string[];
  private readonly reader: MemoryReader;
  private assignment: Assignment = { owned: [], over: new AbortController(), placed: true };

  constructor(
    private readonly options: ConsumeOptions,
    private readonly log: MemoryLog,
    private readonly members: MemoryGroup,
    clock: BusClock,
  ) {
    this.topics = options.topics;
    this.reader = new MemoryReader(
      options.topics,
      () => this.turn(),
      clock,
      (waker) => log.onAppend(waker),
    );
    members.join(this);
    this.reader.start();
  }

  assign(partitions: readonly TopicPartition[]): void {
    const former = this.assignment;
    former.over.abort();
    const owned = partitions.map((partition) => ({ ...partition, next: 0n }));
    this.assignment = { owned, over: new AbortController(), placed: false };
    const revoked = former.owned.filter((old) => !owned.some((now) => isSame(now, old)));
    if (revoked.length > 0) this.options.onRevoked?.(revoked.map(({ next: _, ...partition }) => partition));
    this.reader.wake();
  }

  health(): ReaderHealth {
    return this.reader.health([]);
  }

  pause(topics?: TopicChoice): void {
    this.reader.pause(topics);
  }

  resume(topics?: TopicChoice): void {
    this.reader.resume(topics);
  }

  async close(timeoutMs?: number): Promise<void> {
    await this.reader.close(timeoutMs);
    this.members.leave(this);
  }

  private async turn(): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve));
    const { assignment } = this;
    if (!assignment.placed) await this.place(assignment, assignment.owned);
    let busy = false;
    for (const owned of assignment.owned) {
      if (assignment !== this.assignment) return true;
      if (!this.reader.paused.has(owned.topic)) busy = (await this.deliver(owned, assignment)) || busy;
    }
    return busy;
  }

  private async place(assignment: Assignment, partitions: readonly Owned[]): Promise<void> {
    while (!assignment.over.signal.aborted && !this.reader.closing.aborted) {
      try {
        const told = partitions.map((partition) => this.standing(partition));
        await this.options.onAssigned?.(told);
        for (const [i, owned] of partitions.entries()) owned.next = told[i]?.next ?? 0n;
        assignment.placed = true;
        return;
      } catch (error) {
        this.reader.failed(error);
        await this.reader.backOff.wait(this.reader.closing);
      }
    }
  }

  private standing({ topic, partition }: TopicPartition): AssignedPartition {
    const committed = this.log.committed(this.options.group, topic, partition);
    const bounds = this.log.bounds(topic)[partition];
    if (!bounds) throw new BusError('bus/unknown-topic', `${topic}/${partition} does not exist`, true);
    return { topic, partition, committed, next: firstOffset(bounds, committed, this.options.from) };
  }

  private async deliver(owned: Owned, assignment: Assignment): Promise<boolean> {
    const { topic, partition, next } = owned;
    const records = this.log.read(topic, partition, next, this.options.batchMax);
    const [first, last] = [records[0], records.at(-1)];
    if (!first || !last) return false;
    try {
      await this.options.onBatch(this.batch(records, first, last, assignment));
      owned.next = last.offset + 1n;
      this.reader.handlerFailures = 0;
      this.reader.backOff.reset();
    } catch (error) {
      if (assignment.over.signal.aborted) return true;
      this.reader.failed(error);
      await this.reader.backOff.wait(this.reader.closing);
      await this.place(assignment, [owned]);
    }
    return true;
  }

  private batch(records: readonly BusRecord[], first: BusRecord, last: BusRecord, { over }: Assignment): ConsumedBatch {
    const { topic, partition } = first;
    const { group } = this.options;
    const signal = AbortSignal.any([over.signal, this.reader.closing]);
    return {
      topic,
      partition,
      records,
      firstOffset: first.offset,
      lastOffset: last.offset,
      highWatermark: this.log.bounds(topic)[partition]?.end ?? last.offset + 1n,
      signal,
      commit: async (offset, metadata = null) => {
        if (signal.aborted) throw new BusError('bus/ownership-lost', 'The partition has gone to another member', true);
        this.log.commit(group, topic, partition, { offset, metadata });
      },
      committed: async () => this.log.committed(group, topic, partition),
    };
  }
}

function isSame(a: TopicPartition, b: TopicPartition): boolean {
  return a.topic === b.topic && a.partition === b.partition;
}
