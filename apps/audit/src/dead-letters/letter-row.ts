import { createHash } from 'node:crypto';
import { readLetter, type BusRecord } from '#libs/bus';

/** What is kept of a dead letter: where it came from and why, and nothing of what it says. */
export type LetterRow = {
  readonly letter_id: string;
  readonly at: string;
  readonly reason: string;
  readonly attempts: number;
  readonly source_topic: string;
  readonly source_partition: number;
  readonly source_offset: number;
  readonly source_at: string;
  /** Of the bytes that were buried, and their SHA-256. */
  readonly value_bytes: number;
  readonly value_sha256: string;
  /** The letter that it was before it was sent again; '' for the first time. */
  readonly redriven_from: string;
  readonly kafka_topic: string;
  readonly kafka_offset: number;
};

const TOPIC_SUFFIX = '.dead-letter.v1';
/** What a column of times holds. */
const LATEST_MS = Date.UTC(2100, 0, 1);

/** `<consumer>-<offset>` of a letter in `<consumer>.dead-letter.v1`. */
export const letterId = (topic: string, offset: bigint | number) => `${topic.replace(TOPIC_SUFFIX, '')}-${offset}`;

/** Where a letter stands; undefined for what is no id of one. */
export function placeOfLetter(id: string): { readonly topic: string; readonly offset: bigint } | undefined {
  const [, consumer, offset] = /^(.{1,200})-(\d{1,15})$/.exec(id) ?? [];
  return consumer && offset ? { topic: `${consumer}${TOPIC_SUFFIX}`, offset: BigInt(offset) } : undefined;
}

/** Undefined for a record that no service has buried. */
export function rowOfLetter(record: BusRecord): LetterRow | undefined {
  const letter = readLetter(record);
  if (!letter) return undefined;
  const { source, redrivenFrom } = letter;
  const value = record.value ?? Buffer.alloc(0);
  const [, topic, offset] = /^(.*)\/(\d{1,15})$/.exec(redrivenFrom ?? '') ?? [];
  return {
    letter_id: letterId(record.topic, record.offset),
    at: instantOf(letter.buriedAtMs),
    reason: letter.reason,
    attempts: letter.attempts,
    source_topic: source.topic,
    source_partition: source.partition,
    source_offset: Number(source.offset),
    source_at: instantOf(source.timestampMs),
    value_bytes: value.length,
    value_sha256: createHash('sha256').update(value).digest('hex'),
    redriven_from: topic && offset ? letterId(topic, Number(offset)) : '',
    kafka_topic: record.topic,
    kafka_offset: Number(record.offset),
  };
}

const instantOf = (ms: number) => new Date(Math.min(ms, LATEST_MS)).toISOString();
