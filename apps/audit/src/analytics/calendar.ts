import type { PolicyView } from '#libs/access';
import { windowAt } from '#libs/limits';
import { isTimeZone } from '#libs/policy-language';
import { z } from 'zod';
import type { Reach } from '../records/audit-reach.js';

export const GRAINS = ['minute', 'hour', 'day', 'month'] as const;
export type Grain = (typeof GRAINS)[number];

/** By whose days and months figures are told. */
export const TimeZoneQuery = z.string().refine(isTimeZone, 'a time zone such as Europe/Berlin').optional();

/** The zone that is asked for, else the tenant's own, by which its budgets are reckoned too; of all tenants together UTC. */
export function zoneOf(policy: Pick<PolicyView, 'snapshot'>, { tenant }: Reach, asked: string | undefined): string {
  const settings = tenant === undefined ? undefined : policy.snapshot(tenant)?.settings;
  return asked ?? settings?.timeZone ?? 'UTC';
}

/** A month of the calendar, as `2026-11`, from its first moment to the first one of the next: the window that budgets count. */
export function monthIn(month: string, zone: string): { readonly fromMs: number; readonly toMs: number } {
  // The middle of it is in it everywhere.
  const { startMs: fromMs, endMs: toMs } = windowAt('month', Date.parse(`${month}-15`), zone);
  return { fromMs, toMs };
}

const START: Record<Grain, string> = {
  minute: 'toStartOfMinute',
  hour: 'toStartOfHour',
  day: 'toStartOfDay',
  month: 'toStartOfMonth',
};

/** SQL of the moment at which the minute, hour, day or month of `moment` began, in the zone of the parameter `time_zone`. */
export function startSql(grain: Grain, moment: string): string {
  const zone = '{time_zone:String}';
  return `toDateTime(toDateTime(${START[grain]}(${moment}, ${zone}), ${zone}), 'UTC')`;
}
