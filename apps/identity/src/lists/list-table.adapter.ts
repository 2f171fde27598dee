import { isStorable, type ListProjection, type StoredEvent } from '#libs/decider';
import type { ReadModel } from '#libs/event-store';
import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';

/** A row with its place: `version` is the stream's, for ETags; `position` orders pages. */
export type Listed<Row> = { readonly row: Row; readonly version: number; readonly position: number };

type Kept<Row> = { id: string; version: number; position: string; body: Row };

/** One page's worth of conditions; `where` is matched as JSON containment, e.g. `{ownerId: 'user_1'}`. */
export type PageQuery = {
  readonly tenantId: string | undefined;
  readonly afterPosition: number;
  readonly limit: number;
  readonly where?: Readonly<Record<string, unknown>>;
  /** Only these; none where it is empty. */
  readonly ids?: readonly string[] | undefined;
};

/** Keeps the rows of a {@link ListProjection} in a table of its name: a body of JSON, found by id, paged by age. */
export class ListTable<Row extends object> {
  constructor(
    private readonly em: EntityManager,
    private readonly name: string,
  ) {}

  /** Another tenant's row is as missing; `tenantId` undefined is the operator's view. */
  async find(tenantId: string | undefined, id: string): Promise<Listed<Row> | undefined> {
    if (!isStorable(id)) return undefined;
    const { rows } = await sql<Kept<Row>>`
      select id, version, position, body from ${sql.table(this.name)}
      where id = ${id} and (${tenantId ?? null}::text is null or tenant_id = ${tenantId ?? null})
    `.execute(this.em.fork().getKysely());
    return rows.map(toListed)[0];
  }

  async page({ tenantId, afterPosition, limit, where = {}, ids }: PageQuery): Promise<Listed<Row>[]> {
    // Nothing goes by a name that cannot be kept; PostgreSQL would not even be asked for one.
    if (Object.values(where).some((value) => typeof value === 'string' && !isStorable(value))) return [];
    const { rows } = await sql<Kept<Row>>`
      select id, version, position, body from ${sql.table(this.name)}
      where position > ${afterPosition} and body @> ${JSON.stringify(where)}::jsonb
        and (${tenantId ?? null}::text is null or tenant_id = ${tenantId ?? null})
        and (${ids === undefined}::boolean or id = any(${[...(ids ?? [])]}::text[]))
      order by position limit ${limit}
    `.execute(this.em.fork().getKysely());
    return rows.map(toListed);
  }

  /** Rows of a tenant, counted no further than `max`; `where` as in {@link PageQuery}. */
  async count(tenantId: string, max: number, where: Readonly<Record<string, unknown>> = {}): Promise<number> {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from
        (select 1 from ${sql.table(this.name)}
          where tenant_id = ${tenantId} and body @> ${JSON.stringify(where)}::jsonb limit ${max}) as counted
    `.execute(this.em.fork().getKysely());
    return rows[0]?.count ?? 0;
  }
}

function toListed<Row>({ version, position, body }: Kept<Row>): Listed<Row> {
  return { row: body, version: Number(version), position: Number(position) };
}

/** The read model that fills the table of a list. */
export function listReadModel<Event extends StoredEvent, Row extends object>(
  list: ListProjection<Event, Row>,
): ReadModel<Event> {
  const table = sql.table(list.name);
  return {
    name: list.name,
    types: list.types,
    apply: async (tx, recorded, open) => {
      const { id, tenantId } = list.place(recorded.event);
      const database = tx.getKysely();
      const { rows } = await sql<{ body: Row }>`select body from ${table} where id = ${id}`.execute(database);
      const { recordedAt, streamVersion, position } = recorded;
      const at = { recordedAt, streamVersion, position };
      const row = list.project(rows[0]?.body, recorded.event, at, open);
      if (row === undefined) {
        await sql`delete from ${table} where id = ${id}`.execute(database);
        return;
      }
      await sql`
        insert into ${table} (id, tenant_id, version, position, body)
        values (${id}, ${tenantId}, ${streamVersion}, ${position}, ${JSON.stringify(row)}::jsonb)
        on conflict (id) do update set version = excluded.version, body = excluded.body
      `.execute(database);
    },
    truncate: async (tx) => {
      await sql`delete from ${table}`.execute(tx.getKysely());
    },
  };
}
