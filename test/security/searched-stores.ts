import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { waitFor } from '#libs/testing';
import { Kafka, logLevel } from 'kafkajs';
import { Client } from 'pg';
import { clickhouse, local, sql, systemHome } from '../system/system.js';
import type { Piece } from './needles.js';

/** Every row of every table of every schema, as JSON. `within` runs first, in the transaction, and is undone. */
export async function* postgresRows(within?: (client: Client) => Promise<void>): AsyncGenerator<Piece> {
  const client = new Client({ connectionString: local().postgres.url });
  await client.connect();
  try {
    await client.query('BEGIN');
    await within?.(client);
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
        WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY name`,
    );
    for (const { name } of tables) {
      const { rows } = await client.query<{ topic: string | null; row: string }>(
        `SELECT to_jsonb(t) ->> 'topic' AS topic, to_jsonb(t)::text AS row FROM ${name} t`,
      );
      for (const { topic, row } of rows) yield { place: topic === null ? name : `${name} for ${topic}`, text: row };
    }
  } finally {
    await client.query('ROLLBACK');
    await client.end();
  }
}

export function kafka(): Kafka {
  return new Kafka({ brokers: local().kafka.brokers, clientId: 'spec', logLevel: logLevel.NOTHING });
}

/** Key, value and headers of every record of every topic, up to where the topics end now. */
export async function kafkaRecords(): Promise<Piece[]> {
  const admin = kafka().admin();
  await admin.connect();
  const names = await admin.listTopics();
  const topics = names.filter((name) => !name.startsWith('__'));
  const missing = new Map<string, bigint>();
  for (const topic of topics) {
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      if (BigInt(high) > BigInt(low)) missing.set(`${topic}/${partition}`, BigInt(high));
    }
  }
  const pieces: Piece[] = [];
  const groupId = `spec-${crypto.randomUUID()}`;
  const consumer = kafka().consumer({ groupId, maxWaitTimeInMs: 50 });
  await consumer.connect();
  await consumer.subscribe({ topics, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      for (const { key, value, headers } of batch.messages) {
        const parts = [key, value, ...Object.values(headers ?? {}).flat()];
        pieces.push({ place: batch.topic, text: parts.map((part) => part?.toString('latin1') ?? '').join('\n') });
      }
      const place = `${batch.topic}/${batch.partition}`;
      // A log whose last records were compacted away, or are control records, ends by its offset alone.
      const isAtEnd = BigInt(batch.lastOffset()) + 1n >= (missing.get(place) ?? 0n);
      if (isAtEnd) missing.delete(place);
    },
  });
  try {
    await waitFor(() => missing.size === 0, { timeoutMs: 60_000, what: `the ends of ${[...missing.keys()].join()}` });
  } finally {
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch(() => undefined);
    await admin.disconnect();
  }
  return pieces;
}

/** Every row of every table, all columns. */
export async function* clickhouseRows(): AsyncGenerator<Piece> {
  const { database } = local().clickhouse;
  const tables = await sql<{ name: string }>(
    `SELECT name FROM system.tables WHERE database = {database:String} AND engine NOT LIKE '%View'`,
    { database },
  );
  const client = clickhouse();
  try {
    for (const { name } of tables) {
      const result = await client.query({ query: `SELECT * FROM ${name}`, format: 'JSONEachRow' });
      yield { place: name, text: await result.text() };
    }
  } finally {
    await client.close();
  }
}

/** The files that are to hold secrets; their modes are checked instead. */
export const secretFiles = ['secrets.json', 'seed.json', 'local.json'] as const;

/** Every file below a folder of the home, byte by byte; without a folder all but those that are to hold secrets. */
export function* files(folder = ''): Generator<Piece> {
  for (const path of below(join(systemHome, folder))) {
    const place = relative(systemHome, path);
    if ((secretFiles as readonly string[]).includes(place)) continue;
    const text = unlessGone(() => withoutEmptyPages(readFileSync(path)).toString('latin1'));
    if (text !== undefined) yield { place, text };
  }
}

const EMPTY_PAGE = Buffer.alloc(4_096);

/** Stores lay files out ahead, hundreds of megabytes in all: what was never written is not worth a look. */
function withoutEmptyPages(bytes: Buffer): Buffer {
  const pages: Buffer[] = [];
  for (let from = 0; from < bytes.length; from += EMPTY_PAGE.length) {
    const page = bytes.subarray(from, from + EMPTY_PAGE.length);
    if (!page.equals(EMPTY_PAGE)) pages.push(page);
  }
  return Buffer.concat(pages);
}

function* below(folder: string): Generator<string> {
  for (const entry of unlessGone(() => readdirSync(folder, { withFileTypes: true })) ?? []) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* below(path);
    else if (entry.isFile()) yield path;
  }
}

/** Undefined where it has gone meanwhile: stores remove files and folders of their own as they run. */
function unlessGone<Content>(read: () => Content): Content | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
