import { Migration } from '@mikro-orm/migrations';

/**
 * No sequence and no transaction id in it: positions, epochs and generations are plain columns, so that a copy of the
 * tables alone, in another cluster, goes on where the original stood.
 */
export class EventStoreTables extends Migration {
  override up(): void {
    for (const statement of statements) this.addSql(statement);
  }
}

const statements = [
  `create table events (
    position bigint primary key,
    stream text not null,
    version integer not null,
    type text not null,
    schema_version integer not null,
    data jsonb not null,
    metadata jsonb not null,
    actor text not null,
    tenant_id text not null,
    recorded_at timestamptz not null default clock_timestamp(),
    unique (stream, version)
  )`,
  `create index events_by_type on events (type, position)`,
  `create table reservations (
    scope text not null,
    name text not null,
    stream text not null,
    primary key (scope, name)
  )`,
  // Rows leave it when the broker has answered. The key is (position, seq): what was committed first is sent first.
  `create table outbox (
    position bigint not null,
    seq integer not null,
    topic text not null,
    key text not null,
    value text,
    type text not null,
    schema_version integer not null,
    recorded_at timestamptz not null default clock_timestamp(),
    primary key (position, seq)
  )`,
  // What each key of the state topics is to say now; a null value is a tombstone. Kept as text: the bytes count.
  `create table state_records (
    topic text not null,
    key text not null,
    value text,
    position bigint not null,
    seq integer not null,
    recorded_at timestamptz not null default clock_timestamp(),
    primary key (topic, key)
  )`,
  `create index state_records_in_order on state_records (topic, position, seq)`,
  `create table subject_keys (
    subject_id text primary key,
    wrapped bytea not null,
    created_at timestamptz not null default clock_timestamp()
  )`,
  `create table projections (
    name text primary key,
    position bigint not null
  )`,
  `create table publisher (
    single boolean primary key default true check (single),
    generation integer not null,
    epoch integer not null,
    restoring boolean not null
  )`,
  `insert into publisher (generation, epoch, restoring) values (1, 0, false)`,
  `create table publisher_tails (
    topic text primary key,
    topic_id text,
    next_offset bigint not null
  )`,
];
