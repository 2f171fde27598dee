import type { BusRecord, OutgoingRecord, TopicPartition } from '../bus-record.js';

/** Names the letter that a record sent again was, as `<topic>/<offset>`. */
export const REDRIVEN_HEADER = 'gh_redriven';
/** What is added to a reason where only a part of the record was buried. */
export const CUT_SUFFIX = '_cut';

const OWN_HEADERS = /^gh_dead_/;
const WHOLE_NUMBER = /^\d{1,15}$/;

/** What the record had for headers before it was given up. */
export function originalHeaders(headers: BusRecord['headers']): BusRecord['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN_HEADERS.test(name)));
}

/** What a dead letter says of itself, without the record's bytes. */
export type DeadLetter = {
  readonly reason: string;
  readonly attempts: number;
  /** Where the record stood, and when the broker took it there. */
  readonly source: TopicPartition & { readonly offset: bigint; readonly timestampMs: number };
  readonly buriedAtMs: number;
  /** The letter that this record was before it was sent again and given up once more. */
  readonly redrivenFrom: string | undefined;
};

/** The note of a record of a dead-letter topic; undefined for one that `DeadLetters` has not written. */
export function readLetter({ headers }: Pick<BusRecord, 'headers'>): DeadLetter | undefined {
  const text = (name: string) => headers[name]?.toString('utf8') ?? '';
  const [attempts, partition, offset, timestamp, at] = ['attempts', 'partition', 'offset', 'timestamp', 'at'].map(
    (name) => text(`gh_dead_${name}`),
  ) as [string, string, string, string, string];
  const topic = text('gh_dead_topic');
  const reason = text('gh_dead_reason');
  const isLetter = [attempts, partition, offset, timestamp, at].every((number) => WHOLE_NUMBER.test(number));
  if (!isLetter || topic === '' || reason === '') return undefined;
  return {
    reason,
    attempts: Number(attempts),
    source: { topic, partition: Number(partition), offset: BigInt(offset), timestampMs: Number(timestamp) },
    buriedAtMs: Number(at),
    redrivenFrom: headers[REDRIVEN_HEADER]?.toString('utf8'),
  };
}

/**
 * The record of a letter as it is sent again: key, bytes and headers as they were, to the partition that it came from.
 * @throws RangeError if `record` is no letter, or holds only a part of its record.
 */
export function redriven(record: BusRecord): OutgoingRecord {
  const letter = readLetter(record);
  if (!letter || letter.reason.endsWith(CUT_SUFFIX)) throw new RangeError('not a whole record that was given up');
  const { key, value, headers, topic, offset } = record;
  return {
    topic: letter.source.topic,
    partition: letter.source.partition,
    key,
    value,
    headers: { ...originalHeaders(headers), [REDRIVEN_HEADER]: `${topic}/${offset}` },
  };
}
