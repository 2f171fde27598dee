import { numberIn, page, pageQuery, type Page } from '#libs/http';
import { z } from 'zod';
import type { Listed, ListTable } from './list-table.adapter.js';

/** What every list of identity takes; only the operator may name another tenant. */
export const ListQuery = z.strictObject({ ...pageQuery, tenant: z.string().min(1).max(63).optional() });
export type ListQuery = z.output<typeof ListQuery>;

type Asked = Pick<ListQuery, 'limit' | 'after'>;

/** Reads one page, keeps what `visible` lets through, and shows it. Filtering never changes where the next page begins. */
export async function listPage<Row extends object, Item>(
  table: ListTable<Row>,
  { limit, after }: Asked,
  scope: {
    readonly tenantId: string | undefined;
    readonly where?: Readonly<Record<string, unknown>>;
    readonly ids?: readonly string[] | undefined;
  },
  visible: (rows: readonly Listed<Row>[]) => readonly Listed<Row>[],
  show: (row: Row) => Item,
): Promise<Page<Item>> {
  const rows = await table.page({ ...scope, afterPosition: positionAfter(after), limit: limit + 1 });
  const whole = page(
    rows,
    limit,
    ({ position }) => [position],
    (listed) => listed,
  );
  return { ...whole, data: visible(whole.data).map(({ row }) => show(row)) };
}

/** Where a page begins. A cursor is what a caller sends: whatever it holds, it is a place of this list or a 400. */
export function positionAfter(after: string | undefined): number {
  return after === undefined ? 0 : numberIn(after);
}
