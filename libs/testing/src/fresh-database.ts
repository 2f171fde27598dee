import { Client } from 'pg';
import { afterAll } from 'vitest';
import { freshName } from './fresh-name.js';
import { testStack } from './test-stack.js';

const created: string[] = [];

/**
 * Creates an empty database on the test stack and returns its superuser URL. It is dropped after the spec file, with
 * whatever is still connected to it. Call it inside a hook or a test.
 */
export async function freshDatabase(prefix = 'spec'): Promise<string> {
  const name = freshName(prefix, '_');
  await administer(`create database "${name}"`);
  created.push(name);
  const url = new URL(testStack().postgres.url);
  url.pathname = `/${name}`;
  return url.href;
}

afterAll(async () => {
  for (const name of created.splice(0)) await administer(`drop database if exists "${name}" with (force)`);
});

async function administer(statement: string): Promise<void> {
  const client = new Client({ connectionString: testStack().postgres.url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
