import { randomBytes } from 'node:crypto';
import { BusError } from '../bus-error.js';
import type { BusRecord, OutgoingRecord, PublishedRange } from '../bus-record.js';
import type { CommittedOffset } from '../consumption.js';
import type { LogBounds, TopicIdentity, TopicSpec } from '../topic-spec.js';
import { MemoryGroup } from './memory-group.js';

type Topic = { readonly id: string; readonly partitions: BusRecord[][]; readonly starts: bigint[] };

/** The broker's part of the in-memory bus: logs and committed offsets. Several {@link MemoryBus} may share one. */
export class MemoryLog {
  readonly clusterId = randomBytes(8).toString('hex');
  private readonly topics = new Map<string, Topic>();
  private readonly commits = new Map<string, CommittedOffset>();
  private readonly groups = new Map<string, MemoryGroup>();
  private readonly wakers = new Set<() => void>();

  ensure({ name, partitions }: TopicSpec): void {
    const found = this.topics.get(name)?.partitions.length;
    if (found === undefined) this.create(name, partitions);
    else if (found !== partitions) {
      throw new BusError('bus/partition-mismatch', `${name} has ${found} partitions, not ${partitions}`, false);
    }
  }

  /** As an operator would: the topic and all that is in it. Creating it again gives another incarnation. */
  delete(name: string): void {
    this.topics.delete(name);
  }

  has(name: string): boolean {
    return this.topics.has(name);
  }

  /** What retention does: drops everything below `start`. */
  trim(name: string, partition: number, start: bigint): void {
    const topic = this.topic(name);
    topic.starts[partition] = start;
    this.wake();
  }

  append(records: readonly OutgoingRecord[], nowMs: number): readonly PublishedRange[] {
    for (const { topic } of records) this.topic(topic);
    const ranges = new Map<string, { topic: string; partition: number; baseOffset: bigint; count: number }>();
    for (const record of records) {
      const { topic, partition, offset } = this.put(record, nowMs);
      const name = `${topic}/${partition}`;
      const range = ranges.get(name) ?? { topic, partition, baseOffset: offset, count: 0 };
      range.count += 1;
      ranges.set(name, range);
    }
    this.wake();
    return [...ranges.values()];
  }

  read(name: string, partition: number, from: bigint, most: number): readonly BusRecord[] {
    const topic = this.topics.get(name);
    const start = topic?.starts[partition] ?? 0n;
    const at = Number(from > start ? from : start);
    return topic?.partitions[partition]?.slice(at, at + most) ?? [];
  }

  bounds(name: string): readonly LogBounds[] {
    const { partitions, starts } = this.topic(name);
    return partitions.map((log, partition) => {
      return { topic: name, partition, start: starts[partition] ?? 0n, end: BigInt(log.length) };
    });
  }

  identity(name: string): TopicIdentity {
    return { topic: name, clusterId: this.clusterId, topicId: this.topic(name).id };
  }

  commit(group: string, topic: string, partition: number, committed: CommittedOffset): void {
    this.commits.set(`${group}/${topic}/${partition}`, committed);
  }

  committed(group: string, topic: string, partition: number): CommittedOffset | null {
    return this.commits.get(`${group}/${topic}/${partition}`) ?? null;
  }

  group(name: string): MemoryGroup {
    const group = this.groups.get(name) ?? new MemoryGroup((topic) => this.bounds(topic));
    this.groups.set(name, group);
    return group;
  }

  /** Calls `waker` after each append; answers how to stop that. */
  onAppend(waker: () => void): () => void {
    this.wakers.add(waker);
    return () => this.wakers.delete(waker);
  }

  private wake(): void {
    for (const waker of this.wakers) waker();
  }

  private create(name: string, partitions: number): void {
    const logs = Array.from({ length: partitions }, (): BusRecord[] => []);
    this.topics.set(name, { id: randomBytes(16).toString('hex'), partitions: logs, starts: logs.map(() => 0n) });
  }

  private topic(name: string): Topic {
    const topic = this.topics.get(name);
    if (!topic) throw new BusError('bus/unknown-topic', `${name} does not exist`, true);
    return topic;
  }

  private put({ topic, key, value, headers = {}, partition }: OutgoingRecord, timestampMs: number): BusRecord {
    const { partitions } = this.topic(topic);
    const keyBytes = bytes(key);
    const number = partition ?? (keyBytes ? hash(keyBytes) % partitions.length : 0);
    const log = partitions[number];
    if (!log) throw new BusError('bus/invalid-record', `${topic} has no partition ${number}`, false);
    const read = Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const);
    const record = { topic, partition: number, offset: BigInt(log.length), timestampMs, key: keyBytes };
    const whole = { ...record, value: bytes(value), headers: Object.fromEntries(read) };
    log.push(whole);
    return whole;
  }
}

function bytes(given: string | Buffer | null): Buffer | null {
  return given === null ? null : Buffer.from(given);
}

/** FNV-1a, 32 bits; not Kafka's murmur2, so partitions chosen by key differ from a real broker's. */
function hash(key: Buffer): number {
  let value = 0x811c9dc5;
  for (const byte of key) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}
