import { waitFor } from '#libs/testing';
import * as fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClickHouse, type ClickHouseClient } from '../client/clickhouse-client.js';
import { isTransient } from '../client/failure.js';
import { startEngine, type OwnEngine } from './own-engine.fixture.js';
import { PartitionTwin } from './range-partition.fixture.js';
import { createWorld, exampleLog, naivePicture, pictureOf } from './range-world.fixture.js';

let directory: string;
let engine: OwnEngine;
let client: ClickHouseClient;

async function start(): Promise<void> {
  engine = await startEngine(directory);
  client = createClickHouse({ url: engine.url, requestTimeoutMs: 10_000 });
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'engine-'));
  await start();
});
afterEach(async () => {
  await client.close();
  await engine.kill();
  await rm(directory, { recursive: true, force: true });
});

/** Runs a consumer and kills the engine some time after its `at`th effect began, whatever is under way then. */
async function runUntilEngineDies(twin: PartitionTwin, at: number, delayMs: number): Promise<unknown> {
  const consumer = twin.join(client);
  const running = consumer.run(15).catch((error: unknown) => error);
  await Promise.race([running, waitFor(() => consumer.effects >= at, { everyMs: 1, timeoutMs: 60_000 })]);
  // Not a wait for anything: the moment of the kill within a step is what varies.
  await pause(delayMs);
  await engine.kill();
  const outcome = await running;
  await client.close();
  await start();
  return outcome;
}

describe('an engine killed with -9 and started again, the consumer replaced', () => {
  it('holds every decision once, in tables and rollups', { timeout: 300_000 }, async () => {
    await createWorld(client, 'killed');
    const twin = new PartitionTwin(exampleLog(300, 20), 'killed');
    const moments = fc.sample(
      fc.record({ at: fc.integer({ min: 1, max: 40 }), delayMs: fc.integer({ min: 0, max: 12 }) }),
      7,
    );
    const outcomes: unknown[] = [];
    for (const { at, delayMs } of moments) outcomes.push(await runUntilEngineDies(twin, at, delayMs));
    // Each saw a failure that may pass, or had nothing left to do.
    expect(outcomes.filter((outcome) => outcome !== undefined && !isTransient(outcome))).toEqual([]);
    await twin.join(client).run(15);
    expect(twin.isDone).toBe(true);
    expect(await pictureOf(client, 'killed')).toEqual(naivePicture(twin.records));
  });
});
