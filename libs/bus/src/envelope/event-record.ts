import { PoisonRecord } from '../bus-error.js';
import type { BusRecord, OutgoingRecord } from '../bus-record.js';
import { decodeEnvelope, encodeEnvelope, type Envelope } from './envelope.js';

/** A record with its envelope read and its JSON value parsed. `data` is null for a tombstone. */
export type EventRecord = Pick<BusRecord, 'topic' | 'partition' | 'offset' | 'timestampMs'> & {
  readonly key: string | null;
  readonly envelope: Envelope;
  readonly data: unknown;
};

/** Puts an event or fact into the form that crosses Kafka. */
export function eventRecord(topic: string, key: string | null, envelope: Envelope, data: unknown): OutgoingRecord {
  return { topic, key, value: JSON.stringify(data), headers: encodeEnvelope(envelope) };
}

/** Reads a record. @throws PoisonRecord `envelope/…`, or `value/not-json`, which depend on its bytes alone. */
export function readEventRecord(record: BusRecord): EventRecord {
  const { topic, partition, offset, timestampMs } = record;
  const envelope = decodeEnvelope(record.headers);
  const key = record.key?.toString('utf8') ?? null;
  return { topic, partition, offset, timestampMs, key, envelope, data: json(record.value) };
}

function json(value: Buffer | null): unknown {
  if (value === null) return null;
  try {
    return JSON.parse(value.toString('utf8'));
  } catch {
    // The parser's message quotes the text, so it must not travel on as a cause.
    throw new PoisonRecord('value/not-json');
  }
}
