import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testStack } from '#libs/testing';
import { onTestFinished } from 'vitest';
import { freePortBase } from './ports.js';
import type { StackOptions } from './stack-options.js';

const entry = 'deploy/local/src/stack/fake-service.fixture.js';

/** Options of a light stack: fake services, a real sandbox provider, and the stores of the test run. */
export async function fakeStack(): Promise<StackOptions> {
  const { postgres, kafka, clickhouse } = testStack();
  return {
    ...(await fakeServices()),
    databaseUrl: postgres.url,
    kafkaBrokers: kafka.brokers,
    clickhouseUrl: clickhouse.url,
  };
}

/** Options of a stack with embedded stores of its own, in a temporary home. */
export async function fakeServices(): Promise<StackOptions> {
  const home = await mkdtemp(join(tmpdir(), 'gatehouse-stack-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const entries = { identity: entry, policy: entry, audit: entry, gateway: entry };
  return { home, portBase: await freePortBase(), entries };
}
