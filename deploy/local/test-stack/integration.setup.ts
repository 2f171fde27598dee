import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestStack } from '#libs/testing';
import type { TestProject } from 'vitest/node';
import { inherited } from '../src/environment.config.js';
import { startStores } from '../src/stack/start-stores.js';

/** Gives the project `integration` one real PostgreSQL, Kafka and ClickHouse for all of its specs. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const running = inherited('GATEHOUSE_TEST_STACK')['GATEHOUSE_TEST_STACK'];
  if (running) {
    project.provide('testStack', JSON.parse(await readFile(running, 'utf8')) as TestStack);
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-integration-'));
  const removed = () => rm(folder, { recursive: true, force: true });
  const { stack, postgres, kafka, clickhouse } = await startStores(folder, () => undefined).catch(async (error) => {
    await removed();
    throw error;
  });
  project.provide('testStack', { postgres, kafka, clickhouse });
  return async () => {
    await stack.stop();
    await removed();
  };
}
