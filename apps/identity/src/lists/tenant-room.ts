import { problem } from '#libs/http';
import type { ListTable } from './list-table.adapter.js';

/** How many of a thing one tenant has at most; of those that `where` picks, or of all that it ever made. */
export type TenantRoom = {
  readonly thing: string;
  readonly max: number;
  readonly where?: Readonly<Record<string, unknown>>;
  /** What to do instead. */
  readonly advice: string;
};

const madeBefore = 'deleted ones counted; change one that is there';

export const rooms = {
  // Of these two a hundredth of what guards hold of each.
  clients: { thing: 'oauth-client', max: 1_000, advice: madeBefore },
  issuers: { thing: 'issuer', max: 100, advice: madeBefore },
  /** Each is a credential that makes a user, and names somebody who has not agreed to anything. */
  openInvitations: {
    thing: 'invitation',
    max: 1_000,
    where: { status: 'open' },
    advice: 'open ones counted; withdraw some, or wait until they are accepted or expire',
  },
} as const satisfies Record<string, TenantRoom>;

/**
 * Guards hold a bounded number of clients and issuers in all, deleted ones among them, since what is missing could be
 * re-sent: without a bound for each, one tenant would crowd out the others. Of many that are made at once a few more may
 * pass.
 * @throws Problem 422 `<thing>/too-many`
 */
export async function requireRoom(
  table: Pick<ListTable<object>, 'count'>,
  tenantId: string,
  { thing, max, where, advice }: TenantRoom,
): Promise<void> {
  if ((await table.count(tenantId, max, where)) < max) return;
  throw problem(422, `${thing}/too-many`, `A tenant has ${max} at most, ${advice}.`);
}
