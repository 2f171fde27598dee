import { defineEvent } from '#libs/decider';
import { z } from 'zod';
import { Sealed } from '../sealed.js';

/**
 * Somebody wrote into a tenant's ledger: usage that no gateway saw, or a correction. Stream
 * `policy.ledger-entry-<entryId>`. What calls cost is no event: it is summed from the decisions topic.
 */
export const LedgerEntryPosted = defineEvent(
  'policy.ledger-entry.posted',
  z.object({
    entryId: z.string(),
    tenantId: z.string(),
    kind: z.enum(['external_usage', 'correction']),
    /** The minute that it counts in. */
    minute: z.iso.datetime(),
    /** The account that owes `amount` more, and the one that it is owed to. */
    debit: z.string(),
    credit: z.string(),
    /** Exact decimal text, never negative: a correction downwards names the accounts the other way round. */
    amount: z.string().regex(/^\d{1,12}(\.\d{1,12})?$/),
    currency: z.string(),
    /** Empty where it is about no model. */
    model: z.string(),
    calls: z.int().min(0),
    inputTokens: z.int().min(0),
    outputTokens: z.int().min(0),
    author: z.string(),
    reason: Sealed,
    at: z.iso.datetime(),
  }),
);

export const ledgerEvents = [LedgerEntryPosted] as const;
export type LedgerEvent = ReturnType<(typeof ledgerEvents)[number]['of']>;
