import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '#libs/testing';
import { Kafka, logLevel } from 'kafkajs';
import { Client } from 'pg';
import { expect, it } from 'vitest';
import { fakeServices } from './fake-stack.fixture.js';
import type { LocalJson } from './local-json.js';
import { freePortBase } from './ports.js';
import { startStack } from './start-stack.js';
import type { StackOptions } from './stack-options.js';

it('finds the data of the first start at the second one, also on other ports', async () => {
  const options = await fakeServices();
  {
    await using _first = await startStack(options);
    await query(options, 'create table kept as select 42 as answer');
    await inKafka(options, (admin) => admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 3 }] }));
    await clickhouse(options, 'create database kept');
  }
  const moved = { ...options, portBase: await freePortBase() };
  await using stack = await startStack(moved);
  expect(await query(moved, 'select answer from kept')).toEqual([{ answer: 42 }]);
  expect(await inKafka(moved, (admin) => admin.listTopics())).toContain('kept');
  expect(await clickhouse(moved, 'show databases')).toContain('kept');

  // What a crash leaves must not keep the part from coming back.
  for (const name of ['postgres', 'kafka', 'clickhouse']) {
    const { pid } = stack.part(name);
    stack.part(name).kill();
    await waitFor(() => (stack.part(name).pid ?? pid) !== pid, { timeoutMs: 60_000, what: `another ${name}` });
    await stack.part(name).ready();
  }
  expect(await query(moved, 'select answer from kept')).toEqual([{ answer: 42 }]);
  expect(await inKafka(moved, (admin) => admin.listTopics())).toContain('kept');
  expect(await clickhouse(moved, 'show databases')).toContain('kept');
  expect(existsSync(join(moved.home, 'postgres', 'PG_VERSION'))).toBe(true);
}, 300_000);

const localJson = ({ home }: StackOptions) => JSON.parse(readFileSync(join(home, 'local.json'), 'utf8')) as LocalJson;

async function query(options: StackOptions, statement: string): Promise<unknown[]> {
  const client = new Client({ connectionString: localJson(options).postgres.url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

async function inKafka<Result>(
  options: StackOptions,
  work: (admin: ReturnType<Kafka['admin']>) => Promise<Result>,
): Promise<Result> {
  const admin = new Kafka({ ...localJson(options).kafka, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

async function clickhouse(options: StackOptions, statement: string): Promise<string> {
  const { url, username, password } = localJson(options).clickhouse;
  const headers = { 'x-clickhouse-user': username, 'x-clickhouse-key': password };
  const answer = await fetch(url, { method: 'POST', headers, body: statement });
  expect(answer.status).toBe(200);
  return answer.text();
}
