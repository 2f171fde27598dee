import { eventRecord } from '#libs/bus';
import { toEventMessage } from '../event-message.js';
import { selectAfter, toRawRecorded } from '../store/event-rows.js';
import { selectStates, selectStatesOfTopic, stateId } from '../store/state-records.js';
import { outgoingState } from './outgoing.js';
import type { PublisherParts } from './publisher-parts.js';
import type { Term } from './term.js';

/** Records per call of the bus. */
export const REPUBLISH_BATCH_MAX = 500;

/** Sends what every key of a state topic says now, in the order of the last changes. Answers how many it sent. */
export async function republishTopic(parts: PublisherParts, term: Term, topic: string): Promise<number> {
  let after = { position: -1, seq: -1 };
  for (let sent = 0; ;) {
    const rows = await selectStatesOfTopic(parts.em, topic, after, REPUBLISH_BATCH_MAX);
    await parts.bus.publish(rows.map((row) => outgoingState(parts.writer, term, row)));
    sent += rows.length;
    const last = rows.at(-1);
    if (!last || rows.length < REPUBLISH_BATCH_MAX) return sent;
    after = last;
  }
}

/** Sends what some keys say now; for one that the store does not know, a tombstone at its last position. */
export async function republishKeys(
  parts: PublisherParts,
  term: Term,
  topic: string,
  keys: readonly string[],
  lastPosition: number,
): Promise<void> {
  for (let from = 0; from < keys.length; from += REPUBLISH_BATCH_MAX) {
    const some = keys.slice(from, from + REPUBLISH_BATCH_MAX).map((key) => ({ topic, key }));
    const held = await selectStates(parts.em, some);
    const rows = some.map((one) => held.get(stateId(one)) ?? { ...one, value: null, position: lastPosition, seq: 0 });
    await parts.bus.publish(rows.map((row) => outgoingState(parts.writer, term, row)));
  }
}

/** Sends every event of the store again, oldest first: into a topic that was lost. Readers drop what they have. */
export async function republishEvents({ em, bus, topics, writer }: PublisherParts, term: Term): Promise<number> {
  const { generation, epoch } = term;
  for (let sent = 0, after = 0; ;) {
    const rows = await selectAfter(em, after, REPUBLISH_BATCH_MAX);
    const records = rows.map(toRawRecorded).map((recorded) => {
      const { stream, position, recordedAt: time, event } = recorded;
      const id = `${writer.service}:${generation}:${position}:again`;
      const envelope = { id, source: writer.service, type: event.type, time, subject: stream, schema: event.version };
      return eventRecord(topics.events, stream, { ...envelope, generation, epoch, position }, toEventMessage(recorded));
    });
    await bus.publish(records);
    sent += rows.length;
    after = Number(rows.at(-1)?.position ?? after);
    if (rows.length < REPUBLISH_BATCH_MAX) return sent;
  }
}
