import { createClickHouse } from '#libs/clickhouse';
import { testStack } from '#libs/testing';
import { afterAll, expect, it } from 'vitest';
import { start } from './analytics.fixture.js';
import { GRAINS, monthIn, startSql } from './calendar.js';

const client = createClickHouse({ url: testStack().clickhouse.url });
afterAll(() => client.close());

/** Each with changes of its own: at midnight, of half an hour, by quarters of an hour, over the line of dates, none. */
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'America/Havana',
  'Asia/Kathmandu',
  'Africa/Cairo',
  'Australia/Sydney',
  'Pacific/Apia',
  'Pacific/Kiritimati',
];
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Around every change of the clock and every end of a month of a year, to the second. */
function moments(zone: string): string[] {
  const first = Temporal.PlainDate.from('2026-01-01').toZonedDateTime(zone);
  const ends = Array.from({ length: 13 }, (_, month) => first.add({ months: month }).epochMilliseconds);
  const changes: number[] = [];
  for (let at = first.getTimeZoneTransition('next'); at && at.year === 2026; at = at.getTimeZoneTransition('next')) {
    changes.push(at.epochMilliseconds);
  }
  const around = [-3 * HOUR_MS, -HOUR_MS, -1_000, 0, 1_000, 29 * MINUTE_MS, HOUR_MS, 90 * MINUTE_MS, 25 * HOUR_MS];
  return [...ends, ...changes].flatMap((ms) => around.map((by) => new Date(ms + by).toISOString()));
}

it.each(ZONES)(
  'days, hours and months of %s begin when its calendar says, over every change of the clock',
  async (zone) => {
    const at = moments(zone);
    const starts = GRAINS.map(
      (grain) => `formatDateTime(${startSql(grain, 'at')}, '%Y-%m-%dT%H:%i:%SZ', 'UTC') AS ${grain}`,
    );
    const result = await client.query({
      query: `SELECT ${starts.join(', ')} FROM
      (SELECT toDateTime64(arrayJoin({at:Array(String)}), 3, 'UTC') AS at)`,
      query_params: { at: at.map((text) => text.replace('T', ' ').replace('Z', '')), time_zone: zone },
      format: 'JSONEachRow',
    });
    const told = await result.json<Record<string, string>>();
    const expected = at.map((text) => Object.fromEntries(GRAINS.map((grain) => [grain, start(grain, text, zone)])));
    expect(told.map((row, index) => ({ at: at[index], ...row }))).toEqual(
      expected.map((row, index) => ({ at: at[index], ...row })),
    );
  },
);

it('a month is from its first moment to the next one’s, whatever its zone', () => {
  const span = ({ fromMs, toMs }: ReturnType<typeof monthIn>) => [fromMs, toMs].map((ms) => new Date(ms).toISOString());
  expect(span(monthIn('2026-03', 'Europe/Berlin'))).toEqual(['2026-02-28T23:00:00.000Z', '2026-03-31T22:00:00.000Z']);
  expect(span(monthIn('2026-12', 'Pacific/Kiritimati'))).toEqual([
    '2026-11-30T10:00:00.000Z',
    '2026-12-31T10:00:00.000Z',
  ]);
});
