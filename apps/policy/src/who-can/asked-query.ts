import type { AskedCircumstances } from '#libs/decision-engine';
import { pageQuery } from '#libs/http';
import { operations } from '#libs/policy-language';
import { z } from 'zod';

/** Of one page, as many principals or places are looked at as this, found or not; a shorter page then has more. */
export const EXAMINED_MAX = 20_000;

/** What both questions about the present may be asked with. */
export const askedQuery = {
  ...pageQuery,
  /** Any by which the action may come when left out. */
  operation: z.enum(operations).optional(),
  ip: z.union([z.ipv4(), z.ipv6()]).optional(),
  time: z.iso.datetime().optional(),
  tenant: z.string().min(1).max(63).optional(),
};
type Asked = { [Key in 'operation' | 'ip' | 'time']?: string | undefined };

/** Now, unless another time is asked about. */
export function circumstancesOf({ operation, ip, time }: Asked, nowMs: number): AskedCircumstances {
  return { operation, timeMs: time === undefined ? nowMs : Date.parse(time), ...(ip !== undefined && { ip }) };
}
