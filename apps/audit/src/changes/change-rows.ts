import type { RangeRow } from '#libs/clickhouse';
import { ChainCheckpointed, RevisionPublished, type DocumentChange } from '#libs/contracts';
import { CHAIN_VERSION } from '#libs/chain';
import { wellFormed, type Place } from '../ingest/decision-row.js';
import { stateAfter, type ChangeState } from './change-state.js';
import type { ReceivedEvent } from './read-event.js';

/** Which thing changed. A thing's changes are all in one topic, in the order of offset and index. */
export type ChangedThing = {
  readonly tenantId: string;
  readonly resourceType: string;
  readonly resource: string;
};

/** What things were before: JSON, '' for one that does not exist. The rows of each event move it on. */
export type FormerStates = Map<string, string>;

export const thingKey = ({ tenantId, resourceType, resource }: ChangedThing) =>
  `${tenantId}\n${resourceType}\n${resource}`;

type Change = ChangedThing & {
  readonly freeText: unknown;
  /** From the JSON of what the thing was. */
  readonly after: (before: string) => string;
};

/** The things that an event changes: each document of a revision; otherwise the one that its stream is about. */
export function changesOf(event: ReceivedEvent): readonly Change[] {
  const { type, data, message } = event;
  const tenantId = typeof data['tenantId'] === 'string' ? data['tenantId'] : message.tenant_id;
  if (type === RevisionPublished.type) {
    return (data['changes'] as readonly DocumentChange[]).map(({ kind, name, document, freeText }) => {
      const after = () => (document === null ? '' : JSON.stringify(document));
      return { tenantId, resourceType: kind, resource: name, freeText, after };
    });
  }
  const thing = type.split('.').slice(1, -1).join('.');
  const resource = message.stream.replace(`${event.service}.${thing.split('.')[0]}-`, '');
  const after = (before: string) => {
    // As it was signed: it is a document of its own, by which the rows are verified.
    if (type === ChainCheckpointed.type) return JSON.stringify(data);
    const state = stateAfter(before === '' ? undefined : (JSON.parse(before) as ChangeState), type, data);
    return state === undefined ? '' : JSON.stringify(state);
  };
  return [{ tenantId, resourceType: thing, resource, freeText: null, after }];
}

/** How many rows an event becomes. */
export const changesIn = ({ type, data }: ReceivedEvent) =>
  type === RevisionPublished.type && Array.isArray(data['changes']) ? data['changes'].length : 1;

/** The rows of an event, but for their chain hashes; what each thing was is taken from `former` and moved on there. */
export function changeRows(event: ReceivedEvent, place: Omit<Place, 'index'>, former: FormerStates): RangeRow[] {
  const { service, generation, position, message, data } = event;
  const revision = event.type === RevisionPublished.type ? Number(data['revision']) : 0;
  return changesOf(event).map(({ after, freeText, ...thing }, index) => {
    const before = former.get(thingKey(thing)) ?? '';
    const now = after(before);
    former.set(thingKey(thing), now);
    return wellFormed({
      change_id: `${service}-${generation}-${position}-${index}`,
      at: event.at,
      service,
      type: event.type,
      schema_version: event.schema,
      tenant_id: thing.tenantId,
      resource_type: thing.resourceType,
      resource: thing.resource,
      before,
      after: now,
      reason: data['reason'] ? JSON.stringify(data['reason']) : '',
      free_text: freeText ? JSON.stringify(freeText) : '',
      facts: revision > 0 ? revisionFacts(data) : {},
      policy_revision: revision,
      actor: message.actor,
      actor_tenant: message.tenant_id,
      request_id: message.request_id,
      decision_id: message.decision_id,
      stream: message.stream,
      stream_version: message.stream_version,
      generation,
      position,
      appended_at: event.appendedAt,
      chain_version: CHAIN_VERSION,
      kafka_topic: place.topic,
      kafka_partition: place.partition,
      kafka_offset: String(place.offset),
      kafka_index: index,
    }) as RangeRow;
  });
}

/** What a revision says of the whole set, by which a set that is put together again is checked. */
function revisionFacts({ documentCount, setDigest, rollbackOf }: Readonly<Record<string, unknown>>) {
  return {
    document_count: String(documentCount),
    set_digest: String(setDigest),
    ...(typeof rollbackOf === 'number' && { rollback_of: String(rollbackOf) }),
  };
}
