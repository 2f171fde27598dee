import { pageQuery } from '#libs/http';
import { z } from 'zod';
import type { Reach } from './audit-reach.js';

const Text = z.string().min(1).max(256).optional();
const Instant = z.iso.datetime({ offset: true }).optional();

/** What every list of audit takes. `from` is included, `to` is not; only the operator may name another tenant. */
export const recordQuery = { ...pageQuery, tenant: z.string().min(1).max(63).optional(), from: Instant, to: Instant };

/** One query field per column, each compared for equality. */
export function columnFilters<const Column extends string>(columns: readonly Column[]) {
  return Object.fromEntries(columns.map((column) => [column, Text])) as Record<Column, typeof Text>;
}

export type Conditions = { readonly where: readonly string[]; readonly params: Readonly<Record<string, unknown>> };

/** Conditions for the reach of a caller and for equal columns. Names of columns come from code, values are bound. */
export function conditionsOf(
  { tenant, owner }: Reach,
  columns: readonly string[] = [],
  query: Readonly<Record<string, unknown>> = {},
): Conditions {
  const asked = columns.filter((column) => query[column] !== undefined);
  return {
    where: [
      ...(tenant === undefined ? [] : ['tenant_id = {reach_tenant:String}']),
      ...(owner === undefined ? [] : ['principal_id = {reach_owner:String}']),
      ...asked.map((column) => `${column} = {${column}:String}`),
    ],
    params: {
      ...(tenant !== undefined && { reach_tenant: tenant }),
      ...(owner !== undefined && { reach_owner: owner }),
      ...Object.fromEntries(asked.map((column) => [column, query[column]])),
    },
  };
}
