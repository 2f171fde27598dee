import { PoisonRecord } from '../bus-error.js';

/**
 * What every record says of itself: CloudEvents 1.0 in Kafka's binary mode, plus where its writer stood. `generation`
 * is of the writer's store, `epoch` of its publisher, `position` the place in its store, `schema` the version of data.
 */
export type Envelope = {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly subject?: string;
  readonly generation: number;
  readonly epoch: number;
  readonly position: number;
  readonly schema: number;
};

const texts = { id: 'ce_id', source: 'ce_source', type: 'ce_type', time: 'ce_time' } as const;
const numbers = {
  generation: 'gh_generation',
  epoch: 'gh_epoch',
  position: 'gh_position',
  schema: 'gh_schema',
} as const;

/** Kafka headers of a record whose value is JSON. @throws RangeError for a number that is no safe non-negative integer. */
export function encodeEnvelope(envelope: Envelope): Record<string, string> {
  const headers: Record<string, string> = { ce_specversion: '1.0', 'content-type': 'application/json' };
  for (const [field, header] of Object.entries(texts)) headers[header] = envelope[field as keyof typeof texts];
  if (envelope.subject !== undefined) headers.ce_subject = envelope.subject;
  for (const [field, header] of Object.entries(numbers)) {
    const value = envelope[field as keyof typeof numbers];
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${field} must be a safe integer from 0 on`);
    headers[header] = String(value);
  }
  return headers;
}

/** Reads the headers back. @throws PoisonRecord `envelope/…` for a record that no writer of ours can have sent. */
export function decodeEnvelope(headers: Readonly<Record<string, Buffer>>): Envelope {
  if (text(headers, 'ce_specversion') !== '1.0') throw new PoisonRecord('envelope/unknown-specversion');
  const subject = headers.ce_subject?.toString('utf8');
  return {
    id: text(headers, texts.id),
    source: text(headers, texts.source),
    type: text(headers, texts.type),
    time: text(headers, texts.time),
    ...(subject === undefined ? {} : { subject }),
    generation: count(headers, numbers.generation),
    epoch: count(headers, numbers.epoch),
    position: count(headers, numbers.position),
    schema: count(headers, numbers.schema),
  };
}

function text(headers: Readonly<Record<string, Buffer>>, name: string): string {
  const value = headers[name]?.toString('utf8');
  if (!value) throw new PoisonRecord(`envelope/missing-${name}`);
  return value;
}

/** A number as this module writes it; anything looser would give one record two readings. */
export function count(headers: Readonly<Record<string, Buffer>>, name: string): number {
  const value = text(headers, name);
  const number = /^(0|[1-9]\d{0,15})$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw new PoisonRecord(`envelope/bad-${name}`);
  return number;
}
