import { MikroORM, type Options } from '@mikro-orm/postgresql';
import { guardPool } from './pool-guard.js';
import { checkedSchema, runningRole } from './schema-name.js';

export type DatabaseOptions = {
  readonly databaseUrl: string;
  /** One per service; lower-case letters, digits, underscores. */
  readonly schema: string;
  /** MikroORM entities of the app, if it maps any. */
  readonly entities?: Options['entities'];
};

/** Connections of one process for requests and read models. */
export const CONNECTIONS_MAX = 12;
/** Those of its publisher, so that no load keeps a revocation from being sent; one of them holds the lock. */
export const PUBLISHER_CONNECTIONS_MAX = 4;
/** How long an append waits for the lock, or any statement for a row. */
export const LOCK_TIMEOUT_MS = 5000;
/** After this the server ends a session that stands idle inside a transaction: it may hold the append lock. */
export const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Opens the pool of a running service. Role, time-outs and search path are options of the connection itself, so that
 * no statement runs without them, and `RESET ROLE` leads back to the running role.
 */
export function openDatabase(options: DatabaseOptions, connectionsMax = CONNECTIONS_MAX): Promise<MikroORM> {
  const settings = [
    `role=${runningRole(options.schema)}`,
    `lock_timeout=${LOCK_TIMEOUT_MS}`,
    `idle_in_transaction_session_timeout=${IDLE_IN_TRANSACTION_TIMEOUT_MS}`,
    `statement_timeout=${STATEMENT_TIMEOUT_MS}`,
  ];
  return open(options, settings, { pool: { min: 0, max: connectionsMax } });
}

/** Opens the database as the URL's own user, the owner of the tables; for migrations alone. */
export function openAsOwner(options: DatabaseOptions, extra: Partial<Options>): Promise<MikroORM> {
  return open(options, [], extra);
}

function open({ databaseUrl, schema, entities = [] }: DatabaseOptions, settings: string[], extra?: Partial<Options>) {
  const all = [`search_path=${checkedSchema(schema)}`, ...settings];
  return MikroORM.init({
    clientUrl: databaseUrl,
    schema,
    entities,
    discovery: { warnWhenNoEntities: false },
    pool: { min: 0, max: CONNECTIONS_MAX },
    driverOptions: {
      options: all.map((setting) => `-c ${setting}`).join(' '),
      application_name: `gatehouse-${schema}`,
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      onPoolCreated: guardPool,
    },
    // Statements may carry what must not be logged.
    debug: false,
    ...extra,
  });
}
