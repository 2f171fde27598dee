import { z } from 'zod';

/** One entry: `debit` owes `amount` to `credit`. The entry of a minute of calls grows while its calls come in. */
export const ShownLedgerEntry = z
  .strictObject({
    object: z.literal('ledger_entry'),
    id: z.string(),
    type: z.enum(['calls', 'external_usage', 'correction']),
    tenant: z.string(),
    minute: z.iso.datetime(),
    debit: z.string(),
    credit: z.string(),
    /** Exact decimal text, never negative. */
    amount: z.string(),
    currency: z.string(),
    model: z.string().nullable(),
    calls: z.int(),
    input_tokens: z.int(),
    output_tokens: z.int(),
    author: z.string().nullable(),
    /** `(erased)` where whoever gave it was erased; null for calls. */
    reason: z.string().nullable(),
    created_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'LedgerEntry' });

/** What an account was debited and credited in one run of a window; `balance` is what it owes, less than 0 what it is owed. */
export const ShownLedgerBalance = z
  .strictObject({
    object: z.literal('ledger_balance'),
    tenant: z.string(),
    account: z.string(),
    currency: z.string(),
    window: z.enum(['minute', 'hour', 'day', 'week', 'month']),
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    debits: z.string(),
    credits: z.string(),
    balance: z.string(),
    calls: z.int(),
    input_tokens: z.int(),
    output_tokens: z.int(),
  })
  .meta({ id: 'LedgerBalance' });
