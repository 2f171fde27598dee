import { LedgerEntryPosted, type LedgerEvent } from '#libs/contracts';
import type { ReadModel } from '#libs/event-store';
import { sql } from 'kysely';

/** What people wrote into the ledger, beside the sums of calls: external usage and corrections. */
export const ledgerPostings: ReadModel<LedgerEvent> = {
  name: 'ledger_postings_v1',
  types: [LedgerEntryPosted.type],
  apply: async (tx, { position, event: { data } }) => {
    const { tenantId, minute, debit, credit, model, currency, amount, calls, inputTokens, outputTokens } = data;
    const { kind, entryId, author, reason, at } = data;
    await sql`
      insert into ledger_postings_v1
        (tenant_id, minute, entry, debit, credit, model, currency, amount, calls, input_tokens, output_tokens,
         kind, entry_id, author, reason, created_at)
      values (${tenantId}, ${minute}::timestamptz, ${position}, ${debit}, ${credit}, ${model}, ${currency},
        ${amount}::numeric, ${calls}, ${inputTokens}, ${outputTokens},
        ${kind}, ${entryId}, ${author}, ${JSON.stringify(reason)}::jsonb, ${at}::timestamptz)
      on conflict do nothing
    `.execute(tx.getKysely());
  },
  truncate: async (tx) => {
    await sql`delete from ledger_postings_v1`.execute(tx.getKysely());
  },
};
