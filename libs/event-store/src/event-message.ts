import { readEventRecord, type BusRecord, type Envelope } from '#libs/bus';
import type { StoredEvent } from '#libs/decider';
import { z } from 'zod';
import type { Recorded } from './recorded-event.js';

/** Value of a record on `<service>.events.v1`; type, schema version, position and time stand in its envelope. */
export const EventMessage = z.object({
  stream: z.string(),
  stream_version: z.int(),
  actor: z.string(),
  tenant_id: z.string(),
  request_id: z.string(),
  decision_id: z.string(),
  data: z.unknown(),
});
export type EventMessage = z.output<typeof EventMessage>;

/** The value under which an event crosses Kafka. */
export function toEventMessage({ stream, streamVersion, event, ...recorded }: Recorded): EventMessage {
  return {
    stream,
    stream_version: streamVersion,
    actor: recorded.actor,
    tenant_id: recorded.tenantId,
    request_id: recorded.requestId,
    decision_id: recorded.decisionId,
    data: event.data,
  };
}

/** What a reader of an events topic gets; `stored` is for `EventDefinition.read`. */
export type ReceivedEvent = {
  readonly envelope: Envelope;
  readonly message: EventMessage;
  readonly stored: StoredEvent;
};

/** Reads a record of an events topic. @throws PoisonRecord for the envelope, ZodError for the value. */
export function readEventMessage(record: BusRecord): ReceivedEvent {
  const { envelope, data } = readEventRecord(record);
  const message = EventMessage.parse(data);
  return { envelope, message, stored: { type: envelope.type, version: envelope.schema, data: message.data } };
}
