import { encodeEnvelope, sealRecord, type OutgoingRecord } from '#libs/bus';
import { WATERMARK_KEY } from '#libs/contracts';
import type { OutboxRow } from '../store/outbox.js';
import type { StateRow } from '../store/state-records.js';
import { stateType, type StoreTopics } from '../store/store-topics.js';
import type { Term, Writer } from './term.js';

/** A row of the outbox as it is sent: with a MAC on state topics, plain elsewhere. Sent again, it keeps its id. */
export function outgoingRow(writer: Writer, term: Term, topics: StoreTopics, row: OutboxRow): OutgoingRecord {
  const { topic, key, value, position, seq, type, schemaVersion, recordedAt } = row;
  const { generation, epoch } = term;
  const id = `${writer.service}:${generation}:${position}:${seq}`;
  const envelope = { id, source: writer.service, type, time: recordedAt, subject: key, schema: schemaVersion };
  if (!topics.states.has(topic)) {
    return { topic, key, value, headers: encodeEnvelope({ ...envelope, generation, epoch, position }) };
  }
  return sealRecord(writer.macKey, { topic, key, value: bytes(value), generation, epoch, position }, envelope);
}

/** What a key of a state topic says now, sent again: with the position of its last change and the term's own epoch. */
export function outgoingState(writer: Writer, { generation, epoch }: Term, row: StateRow): OutgoingRecord {
  const { topic, key, value, position, seq } = row;
  const id = `${writer.service}:${generation}:${position}:${seq}:${epoch}`;
  return sealRecord(
    writer.macKey,
    { topic, key, value: bytes(value), generation, epoch, position },
    { id, source: writer.service, type: stateType(topic), time: writer.nowIso(), subject: key, schema: 1 },
  );
}

/** The publisher's word on a state topic that everything up to `position` is in the log. */
export function watermark(
  writer: Writer,
  { generation, epoch }: Term,
  topic: string,
  position: number,
): OutgoingRecord {
  const time = writer.nowIso();
  return sealRecord(
    writer.macKey,
    {
      topic,
      key: WATERMARK_KEY,
      value: Buffer.from(JSON.stringify({ generation, epoch, position, at: time })),
      generation,
      epoch,
      position,
    },
    {
      id: `${writer.service}:${generation}:${epoch}:${position}:${time}`,
      source: writer.service,
      type: `${stateType(topic)}.watermark`,
      time,
      subject: WATERMARK_KEY,
      schema: 1,
    },
  );
}

const bytes = (value: string | null) => (value === null ? null : Buffer.from(value));
