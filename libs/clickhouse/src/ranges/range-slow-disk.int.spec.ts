import { slowDisk, waitFor } from '#libs/testing';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createClickHouse } from '../client/clickhouse-client.js';
import { isTransient } from '../client/failure.js';
import { startEngine } from './own-engine.fixture.js';
import { PartitionTwin } from './range-partition.fixture.js';
import { createWorld, exampleLog, naivePicture, pictureOf } from './range-world.fixture.js';

const DISK_BYTES = 1 << 29;
const STALL_SECONDS = 3;
/** Shorter than a stall: whoever waits gives up and comes again, while what it sent is still under way. */
const PATIENCE_MS = 1_200;
/** Up to where the log is stored when the disk stops. */
const STALLS_AT = [10n, 50n];

it(
  'an engine whose disk stands still, for longer than consumers wait, holds every decision once, in tables and rollups',
  { timeout: 300_000 },
  async () => {
    const disk = slowDisk(DISK_BYTES);
    const engine = await startEngine(join(disk.folder, 'engine'));
    const [patient, client] = [undefined, PATIENCE_MS].map((requestTimeoutMs) =>
      createClickHouse({ url: engine.url, ...(requestTimeoutMs && { requestTimeoutMs }) }),
    ) as [ReturnType<typeof createClickHouse>, ReturnType<typeof createClickHouse>];
    onTestFinished(async () => {
      await Promise.all([patient.close(), client.close()]);
      await engine.kill();
    });
    await createWorld(patient, 'slow');
    const twin = new PartitionTwin(exampleLog(120, 20), 'slow');
    const failures: unknown[] = [];
    const consumed = (async () => {
      while (!twin.isDone)
        await twin
          .join(client)
          .run(5)
          .catch((error: unknown) => failures.push(error));
    })();
    for (const at of STALLS_AT) {
      // A loaded machine makes a consumer of little patience come again and again.
      await waitFor(() => (twin.committed?.offset ?? 0n) >= at, {
        everyMs: 1,
        timeoutMs: 90_000,
        what: 'the consumer',
      });
      await disk.stall(STALL_SECONDS);
    }
    await consumed;
    expect(failures.length).toBeGreaterThanOrEqual(STALLS_AT.length);
    expect(failures.filter((failure) => !isTransient(failure))).toEqual([]);
    expect(await pictureOf(patient, 'slow')).toEqual(naivePicture(twin.records));
  },
);
