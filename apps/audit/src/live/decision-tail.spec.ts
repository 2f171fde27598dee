import { refusal } from '#libs/http';
import { beforeEach, expect, it } from 'vitest';
import type { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { DecisionTail, type TailLook } from './decision-tail.js';
import type { StoredPlaces } from './stored-places.js';

type Stored = { readonly topic: string; readonly offset: number };

const source = {
  topics: [
    { name: 'gateway', partitions: 1, config: {} },
    { name: 'identity', partitions: 1, config: {} },
  ],
};
let stored: Stored[];
let isAway: (topic: string) => boolean;
let looks: number;

beforeEach(() => {
  stored = [];
  isAway = () => false;
  looks = 0;
});

const database = {
  rows: (_sql: string, asked: Record<string, unknown>) => {
    looks += 1;
    if (isAway(String(asked['tail_topic']))) return Promise.reject(refusal('audit_unavailable', 'away'));
    const found = stored.filter(
      ({ topic, offset }) =>
        topic === asked['tail_topic'] &&
        BigInt(offset) < BigInt(String(asked['tail_end'])) &&
        (BigInt(offset) > BigInt(String(asked['tail_offset'])) ||
          (BigInt(offset) === BigInt(String(asked['tail_offset'])) && Number(asked['tail_index']) < 0)),
    );
    const rows = found.map(({ topic, offset }) => ({
      decision_id: `${topic} ${offset}`,
      kafka_offset: offset,
      kafka_index: 0,
    }));
    return Promise.resolve(rows.slice(0, Number(asked['tail_rows'])));
  },
} as unknown as AuditDatabase;
const places = {
  now: () =>
    Promise.resolve(
      source.topics.map(({ name: topic }) => {
        const end = Math.max(0, ...stored.filter((row) => row.topic === topic).map(({ offset }) => offset + 1));
        return { topic, partition: 0, end: BigInt(end) };
      }),
    ),
} as unknown as StoredPlaces;

const tailFrom = (after?: string) =>
  DecisionTail.from({ database, places, source }, { tenant: 'acme', conditions: { where: [], params: {} }, after });
const store = (topic: string, count: number, first = 0) =>
  stored.push(...Array.from({ length: count }, (_, n) => ({ topic, offset: first + n })));
const idsOf = ({ told }: TailLook) => told.map(({ row }) => row.decision_id);
const names = () => stored.map(({ topic, offset }) => `${topic} ${offset}`).sort();

it('a store that goes away between two partitions loses nothing of the first, and tells nothing twice', async () => {
  const tail = await tailFrom();
  store('gateway', 3);
  store('identity', 3);
  const told: string[] = [];
  for (const away of ['gateway', 'identity']) {
    isAway = (topic) => topic === away;
    told.push(...idsOf(await tail.next()));
    await expect(tail.next()).rejects.toMatchObject({ status: 503 });
    isAway = () => false;
    told.push(...idsOf(await tail.next()));
    store('gateway', 2, away === 'gateway' ? 3 : 5);
    store('identity', 2, away === 'gateway' ? 3 : 5);
  }
  told.push(...idsOf(await tail.next()));
  expect(told.sort()).toEqual(names());
});

it('one look reads 500 rows at most, of all partitions together, and says that there is more', async () => {
  const tail = await tailFrom();
  store('gateway', 1_200);
  store('identity', 10);
  const seen: TailLook[] = [];
  do seen.push(await tail.next());
  while (seen.at(-1)?.isMore);
  expect(seen.map(({ told }) => told.length).every((length) => length <= 500)).toBe(true);
  expect(seen.flatMap(idsOf).sort()).toEqual(names());
  // A busy partition does not hold up the other one.
  expect(
    seen
      .slice(0, 2)
      .flatMap(idsOf)
      .filter((id) => id.startsWith('identity')),
  ).toHaveLength(10);
});

it('whoever was away for long is led back step by step, from any place that was told, and misses nothing', async () => {
  const first = await tailFrom();
  store('gateway', 5);
  const { told } = await first.next();
  const rest = { topic: 'gateway', offset: 70_000 };
  stored.push(rest);
  const back = await tailFrom(told[1]?.place);
  expect(back.hasMissed).toBe(false);
  const seen: TailLook[] = [];
  do seen.push(await back.next());
  while (seen.at(-1)?.isMore);
  expect(seen.flatMap(idsOf)).toEqual(['gateway 2', 'gateway 3', 'gateway 4', 'gateway 70000']);
  expect(looks).toBeGreaterThan(3);
});
