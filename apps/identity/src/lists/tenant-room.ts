import { problem } from '#libs/http';
import type { ListTable } from './list-table.adapter.js';

/** How many of a thing one tenant makes at most. */
export type TenantRoom = { readonly thing: string; readonly max: number };

/** A hundredth of what guards hold of each. */
export const rooms = {
  clients: { thing: 'oauth-client', max: 1_000 },
  issuers: { thing: 'issuer', max: 100 },
} as const satisfies Record<string, TenantRoom>;

/**
 * Guards hold a bounded number of these in all, deleted ones among them, since what is missing could be re-sent: without
 * a bound for each, one tenant would crowd out the others. Of many that are made at once a few more may pass.
 * @throws Problem 422 `<thing>/too-many`
 */
export async function requireRoom(
  table: Pick<ListTable<object>, 'count'>,
  tenantId: string,
  { thing, max }: TenantRoom,
): Promise<void> {
  if ((await table.count(tenantId, max)) < max) return;
  const detail = `A tenant makes ${max} at most, deleted ones counted; change one that is there.`;
  throw problem(422, `${thing}/too-many`, detail);
}
