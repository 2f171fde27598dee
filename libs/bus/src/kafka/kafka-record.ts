import type { KafkaMessage, IHeaders } from 'kafkajs';
import { BusError } from '../bus-error.js';
import { RECORD_BYTES_MAX, type BusRecord, type OutgoingRecord } from '../bus-record.js';

/** A message as it came from kafkajs. */
export function readRecord(topic: string, partition: number, message: KafkaMessage): BusRecord {
  const { offset, timestamp, key, value, headers } = message;
  const at = { topic, partition, offset: BigInt(offset), timestampMs: Number(timestamp) };
  return { ...at, key: key ?? null, value: value ?? null, headers: headers ? lastOfEach(headers) : {} };
}

/** A plain loop: this runs for every header of every record of a replay. */
function lastOfEach(headers: IHeaders): Record<string, Buffer> {
  const read: Record<string, Buffer> = {};
  for (const name of Object.keys(headers)) {
    const given = headers[name];
    const value = Array.isArray(given) ? given.at(-1) : given;
    // Assigning to this name would change the object's prototype.
    if (value === undefined || name === '__proto__') continue;
    read[name] = typeof value === 'string' ? Buffer.from(value) : value;
  }
  return read;
}

/** What a header costs besides its bytes, roughly; only sums matter. */
const FRAME_BYTES = 16;

/** How many bytes a record takes on the wire. @throws BusError `bus/invalid-record` for one that no broker would take. */
export function recordBytes({ topic, key, value, headers = {} }: OutgoingRecord): number {
  if (value === undefined) throw new BusError('bus/invalid-record', `A record for ${topic} has no value`, false);
  let bytes = FRAME_BYTES + (key?.length ?? 0) + (value === null ? 0 : Buffer.byteLength(value));
  for (const [name, text] of Object.entries(headers)) bytes += FRAME_BYTES + name.length + Buffer.byteLength(text);
  if (bytes > RECORD_BYTES_MAX) {
    throw new BusError(
      'bus/invalid-record',
      `A record for ${topic} has ${bytes} bytes, ${RECORD_BYTES_MAX} at most`,
      false,
    );
  }
  return bytes;
}
