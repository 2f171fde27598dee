import type { Bus } from '../bus.js';
import type { BusRecord, OutgoingRecord } from '../bus-record.js';
import type { TopicSpec } from '../topic-spec.js';
import { originalHeaders } from './letter.js';

const RETENTION_MS = 30 * 86_400_000;

/** Where a record came from and why it was given up. */
export type DeadLetterNote = { readonly reason: string; readonly attempts: number };

/**
 * The dead letters of one consumer, on `<consumer>.dead-letter.v1`: the record's own key, bytes and headers, and
 * beside them `gh_dead_reason`, `gh_dead_attempts`, `gh_dead_topic`, `gh_dead_partition`, `gh_dead_offset`,
 * `gh_dead_timestamp` (of the record) and `gh_dead_at`. The reason is a code, never an error's text.
 */
export class DeadLetters {
  readonly topic: string;

  constructor(
    private readonly bus: Bus,
    consumer: string,
    private readonly nowMs: () => number = Date.now,
  ) {
    this.topic = `${consumer}.dead-letter.v1`;
  }

  /** The topic as it is to be created: one partition, kept for 30 days. */
  static topicSpec(consumer: string): TopicSpec {
    const config = { 'cleanup.policy': 'delete', 'retention.ms': String(RETENTION_MS) };
    return { name: `${consumer}.dead-letter.v1`, partitions: 1, config };
  }

  /** Resolves when the broker has it; on a rejection the source must not be committed. */
  async bury(record: BusRecord, note: DeadLetterNote): Promise<void> {
    await this.bus.publish([this.letter(record, note)]);
  }

  private letter(
    { topic, partition, offset, timestampMs, key, value, headers }: BusRecord,
    note: DeadLetterNote,
  ): OutgoingRecord {
    return {
      topic: this.topic,
      key,
      value,
      headers: {
        ...originalHeaders(headers),
        gh_dead_reason: note.reason,
        gh_dead_attempts: String(note.attempts),
        gh_dead_topic: topic,
        gh_dead_partition: String(partition),
        gh_dead_offset: String(offset),
        gh_dead_timestamp: String(timestampMs),
        gh_dead_at: String(this.nowMs()),
      },
    };
  }
}
