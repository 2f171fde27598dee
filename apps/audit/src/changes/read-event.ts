import { PoisonRecord, type BusRecord } from '#libs/bus';
import type { Sequenced } from '#libs/clickhouse';
import { fitsTimeColumn, RevisionPublished } from '#libs/contracts';
import { readEventMessage, type EventMessage } from '#libs/event-store';
import { z } from 'zod';

const EVENTS_TOPIC = /^([a-z]+)\.events\./;

/** A domain event as it was received. A publisher that dies sends again: `seq` is the place in its service's store. */
export type ReceivedEvent = Sequenced & {
  readonly service: string;
  readonly type: string;
  readonly schema: number;
  readonly at: string;
  readonly appendedAt: string;
  readonly generation: number;
  readonly position: number;
  readonly message: Omit<EventMessage, 'data'>;
  readonly data: Readonly<Record<string, unknown>>;
};

const Data = z.record(z.string(), z.unknown());

/** The event in a record of an events topic, or a code for why it is none. It depends on the content alone. */
export function readEvent(record: BusRecord): ReceivedEvent | { readonly poison: string } {
  try {
    const { envelope, message, stored } = readEventMessage(record);
    const { source: service, type, schema, time, generation, position } = envelope;
    // Whoever may write to one service's topic speaks for that service alone.
    if (EVENTS_TOPIC.exec(record.topic)?.[1] !== service || !type.startsWith(`${service}.`)) {
      return { poison: 'foreign_source' };
    }
    const at = new Date(time);
    if (Number.isNaN(at.getTime())) return { poison: 'not_an_event' };
    const { data: untyped, ...rest } = message;
    // Its documents become rows, so its shape must be known; of all others the fields are kept as they are.
    const data = type === RevisionPublished.type ? RevisionPublished.read(stored).data : Data.parse(untyped);
    if (!fitsTimeColumn(at.toISOString())) return { poison: 'out_of_range' };
    return {
      replica: service,
      boot: `generation-${generation}`,
      seq: position,
      service,
      type,
      schema,
      at: at.toISOString(),
      appendedAt: new Date(record.timestampMs).toISOString(),
      generation,
      position,
      message: rest,
      data,
    };
  } catch (error) {
    if (error instanceof PoisonRecord) return { poison: error.reason.replace(/\W/g, '_') };
    if (error instanceof RangeError) return { poison: 'unknown_version' };
    if (error instanceof z.ZodError) return { poison: 'not_an_event' };
    throw error;
  }
}
