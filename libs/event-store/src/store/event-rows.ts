import type { StoredEvent } from '#libs/decider';
import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { EventReader } from '../aggregate.js';
import type { Context, Recorded } from '../recorded-event.js';
import { sha256Of } from './snapshots.js';

/** One event about to be appended. */
export type NewEvent = {
  readonly stream: string;
  readonly streamVersion: number;
  readonly event: StoredEvent;
  /** Whether its digest is to be told. */
  readonly digests: boolean;
};

export type EventRow = {
  position: string;
  stream: string;
  version: number;
  type: string;
  schema_version: number;
  data: unknown;
  metadata: { requestId: string; decisionId: string };
  actor: string;
  tenant_id: string;
  recorded_at: string;
};

/** An event of a stream. `digest`: SHA-256 of its data, where it was asked for. */
export type StreamRow = EventRow & { readonly digest: string | null };

const recordedAt = sql`to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as recorded_at`;
const columns = sql`position, stream, version, type, schema_version, data, metadata, actor, tenant_id, ${recordedAt}`;

/** Appends at dense positions after `lastPosition`; only under the append lock. */
export async function insertEvents(
  tx: EntityManager,
  events: readonly NewEvent[],
  context: Context,
  lastPosition: number,
): Promise<readonly StreamRow[]> {
  const { actor, tenantId, requestId, decisionId } = context;
  const rows = events.map(({ stream, streamVersion, event }, index) => ({
    position: lastPosition + 1 + index,
    stream,
    version: streamVersion,
    type: event.type,
    schema_version: event.version,
    data: event.data,
  }));
  const digest = events.some(({ digests }) => digests) ? sha256Of(sql`data::text`) : sql`null`;
  const { rows: inserted } = await sql<StreamRow>`
    insert into events (position, stream, version, type, schema_version, data, metadata, actor, tenant_id)
    select position, stream, version, type, schema_version, data,
      ${JSON.stringify({ requestId, decisionId })}::jsonb, ${actor}, ${tenantId}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as e(
      position bigint, stream text, version integer, type text, schema_version integer, data jsonb)
    order by position
    returning ${columns}, ${digest} as digest`.execute(tx.getKysely());
  return inserted;
}

/**
 * Events of the streams, oldest first: above a version of each, and before them the event of that version without its
 * data, if there is one.
 */
export async function selectStreams(
  em: EntityManager,
  streams: readonly { readonly stream: string; readonly from: number; readonly digests: boolean }[],
): Promise<readonly StreamRow[]> {
  const { rows } = await sql<StreamRow>`select position, stream, version, type, schema_version,
      case when version > from_version then data end as data, metadata, actor, tenant_id, ${recordedAt},
      case when digests then ${sha256Of(sql`data::text`)} end as digest
    from events join unnest(${streams.map(({ stream }) => stream)}::text[],
        ${streams.map(({ from }) => from)}::integer[], ${streams.map(({ digests }) => digests)}::boolean[])
      as wanted(wanted_stream, from_version, digests) on stream = wanted_stream and version >= from_version
    order by stream, version`.execute(em.getKysely());
  return rows;
}

/** Events above a position, in position order; of some types only, or of all. */
export async function selectAfter(
  em: EntityManager,
  after: number,
  limit: number,
  types?: readonly string[],
): Promise<readonly EventRow[]> {
  const ofTypes = types ? sql`and type = any(${[...types]})` : sql``;
  const { rows } = await sql<EventRow>`select ${columns} from events
    where position > ${after} ${ofTypes} order by position limit ${limit}`.execute(em.getKysely());
  return rows;
}

/** Lifts a row to its current shape. @throws Error for a type that nobody declared. */
export function toRecorded(row: EventRow, readers: ReadonlyMap<string, EventReader>): Recorded {
  const reader = readers.get(row.type);
  if (!reader) throw new Error(`No aggregate of this service declares the event ${row.type}.`);
  const stored = toRawRecorded(row);
  return { ...stored, event: reader.read(stored.event) };
}

/** A row as it was written, of whatever version. */
export function toRawRecorded(row: EventRow): Recorded {
  return {
    event: { type: row.type, version: row.schema_version, data: row.data },
    position: Number(row.position),
    stream: row.stream,
    streamVersion: row.version,
    actor: row.actor,
    tenantId: row.tenant_id,
    requestId: row.metadata.requestId,
    decisionId: row.metadata.decisionId,
    recordedAt: row.recorded_at,
  };
}

/** Last position, and the version of each of the streams that exists. */
export async function selectHeads(tx: EntityManager, streams: readonly string[]) {
  const { rows } = await sql<{ stream: string | null; head: string }>`
    select null as stream, coalesce(max(position), 0)::bigint as head from events
    union all
    select stream, max(version)::bigint from events where stream = any(${[...streams]}) group by stream`.execute(
    tx.getKysely(),
  );
  const lastPosition = Number(rows.find(({ stream }) => stream === null)?.head ?? 0);
  const versions = new Map(rows.flatMap(({ stream, head }) => (stream === null ? [] : [[stream, Number(head)]])));
  return { lastPosition, versions };
}
