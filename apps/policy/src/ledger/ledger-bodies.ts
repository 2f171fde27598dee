import { pageQuery } from '#libs/http';
import { z } from 'zod';

const tenant = z.string().min(1).max(63).optional();
/** Windows and defaults reach beyond what is asked for; all of them have to be times of PostgreSQL's, too. */
const [earliestMs, latestMs] = [Date.UTC(1970, 0), Date.UTC(9000, 0)];
const Instant = z.iso
  .datetime({ offset: true })
  .refine((text) => Date.parse(text) >= earliestMs && Date.parse(text) < latestMs, 'A time from 1970 up to 9000.')
  .optional();
const Account = z
  .string()
  .max(200)
  .regex(
    /^(?:user|virtual-account|operator|provider-account|external):\S+$/,
    'An account is user:, virtual-account:, provider-account: or external: and a name.',
  );
const Currency = z.string().regex(/^[A-Z]{3}$/, 'A currency code such as USD.');

const filters = { tenant, account: Account.optional(), currency: Currency.optional() };

/** `from` is included, `to` is not; the last 31 days unless said otherwise. */
export const EntriesQuery = z.strictObject({
  ...pageQuery,
  ...filters,
  model: z.string().min(1).max(256).optional(),
  type: z.enum(['calls', 'external_usage', 'correction']).optional(),
  from: Instant,
  to: Instant,
});
export type EntriesQuery = z.output<typeof EntriesQuery>;

/** One run of a window of the calendar in the tenant's time zone: the one that holds `at`, which is now unless given. */
export const BalancesQuery = z.strictObject({
  ...pageQuery,
  ...filters,
  window: z.enum(['minute', 'hour', 'day', 'week', 'month']).default('month'),
  at: Instant,
});
export type BalancesQuery = z.output<typeof BalancesQuery>;

export const TenantQuery = z.strictObject({ tenant });
export type TenantQuery = z.output<typeof TenantQuery>;

const Count = z.int().min(0).max(1_000_000_000_000).default(0);
const Posting = {
  /** Who is charged: `user:<e-mail or id>` or `virtual-account:<name or id>`. */
  account: z
    .string()
    .max(400)
    .regex(/^(?:user|virtual-account):\S+$/, 'user:<e-mail or id> or virtual-account:<name or id>.'),
  /** To whom it is owed: an account upstream, or a name for whatever was used outside. */
  against: z
    .string()
    .regex(
      /^(?:provider-account|external):[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
      'provider-account:<name> or external:<name>.',
    ),
  currency: Currency,
  model: z.string().min(1).max(256).optional(),
  /** When it was used; now unless given. */
  at: Instant,
  reason: z.string().min(1).max(500),
};

/** One entry. Money is decimal text, so that no digit is lost: a number is refused. */
export const EntryBody = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('external_usage'),
    ...Posting,
    amount: z.string().regex(/^\d{1,12}(\.\d{1,12})?$/, 'A decimal in quotes, such as "2.50"; never negative.'),
    calls: Count,
    input_tokens: Count,
    output_tokens: Count,
  }),
  z.strictObject({
    type: z.literal('correction'),
    ...Posting,
    amount: z.string().regex(/^-?\d{1,12}(\.\d{1,12})?$/, 'A decimal in quotes, such as "-2.50".'),
  }),
]);
export type EntryBody = z.output<typeof EntryBody>;
