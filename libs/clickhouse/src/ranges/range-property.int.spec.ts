import { freshName, testStack } from '#libs/testing';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createClickHouse } from '../client/clickhouse-client.js';
import { PartitionTwin, runThroughFaults } from './range-partition.fixture.js';
import { createWorld, naivePicture, pictureOf, type Item, type LogRecord } from './range-world.fixture.js';

const client = createClickHouse({ url: testStack().clickhouse.url });
const databases: string[] = [];

afterAll(async () => {
  for (const name of databases) await client.command({ query: `DROP DATABASE ${name}` });
  await client.close();
});

/** What a spool appended to the log: the next `count` decisions of a boot, or all since `from` once more. */
const piece = fc.record({
  replica: fc.constantFrom('r0', 'r1'),
  boot: fc.constantFrom('b1', 'b2'),
  count: fc.integer({ min: 1, max: 5 }),
  resendFrom: fc.option(fc.integer({ min: 1, max: 20 }), { freq: 3 }),
  minute: fc.integer({ min: 0, max: 59 }),
  /** Given up when it is read, and sent again behind so many further records, once or twice. */
  redrivenAfter: fc.option(fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 2 }), { freq: 3 }),
});
type Piece = typeof piece extends fc.Arbitrary<infer Value> ? Value : never;
const fault = fc.record({
  at: fc.integer({ min: 1, max: 16 }),
  when: fc.constantFrom('before' as const, 'after' as const),
  batchMax: fc.integer({ min: 1, max: 9 }),
});

function logOf(pieces: readonly Piece[]): LogRecord[] {
  const written = new Map<string, Item[]>();
  const records = pieces.map(({ replica, boot, count, resendFrom, minute, redrivenAfter }, index) => {
    const all = written.get(replica + boot) ?? [];
    written.set(replica + boot, all);
    const again = resendFrom === null ? [] : all.filter(({ seq }) => seq >= resendFrom);
    const fresh = Array.from({ length: count }, (_, step): Item => {
      const seq = all.length + 1 + step;
      return { id: `${replica}-${boot}-${seq}`, replica, boot, seq, minute, amount: seq * 3, allowed: seq % 2 > 0 };
    });
    all.push(...fresh);
    return { place: index, items: [...again, ...fresh], isPoison: redrivenAfter !== null, isLate: false };
  });
  const redriven = pieces.flatMap(({ redrivenAfter }, index) =>
    (redrivenAfter ?? []).map((behind) => {
      return { place: index + behind + 0.5, items: records[index]?.items ?? [], isPoison: false, isLate: true };
    }),
  );
  return [...records, ...redriven]
    .toSorted((one, other) => one.place - other.place)
    .map(({ place: _, ...record }, index) => ({ ...record, offset: BigInt(index) }));
}

describe('any log, with consumers killed at any points', () => {
  it(
    'ends as if every decision had been written down once, also what was given up and sent again',
    { timeout: 180_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(piece, { minLength: 1, maxLength: 25 }),
          fc.array(fault, { maxLength: 5 }),
          fc.integer({ min: 1, max: 9 }),
          async (pieces, faults, batchMax) => {
            const database = freshName('property', '_');
            databases.push(database);
            await createWorld(client, database);
            const twin = new PartitionTwin(logOf(pieces), database);
            await runThroughFaults(twin, client, faults, batchMax);
            expect(twin.isDone).toBe(true);
            expect(await pictureOf(client, database)).toEqual(naivePicture(twin.records));
            // A kill of the consumer alone leaves nothing that needs mending: the engine's own tokens suffice.
            expect(twin.stored.flatMap(({ mended }) => mended)).toEqual([]);
          },
        ),
        { numRuns: 25 },
      );
    },
  );
});
