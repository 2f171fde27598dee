import type { LedgerEvent } from '#libs/contracts';
import type { BalanceRow, LedgerRow } from './ledger-reader.adapter.js';
import type { BalancesQuery } from './ledger-bodies.js';

const isoOf = (ms: number) => new Date(ms).toISOString();

/** @param reason as it was written; undefined where its author was erased, null where nobody wrote one. */
export function shownEntry(tenant: string, row: LedgerRow, reason: string | null | undefined) {
  const { entry_id, kind, minute_ms, debit, credit, amount, currency, model, author, created_ms } = row;
  return {
    object: 'ledger_entry',
    id: entry_id,
    type: kind,
    tenant,
    minute: isoOf(Number(minute_ms)),
    debit,
    credit,
    amount,
    currency,
    model: model || null,
    calls: Number(row.calls),
    input_tokens: Number(row.input_tokens),
    output_tokens: Number(row.output_tokens),
    author,
    reason: reason === undefined ? '(erased)' : reason,
    created_at: created_ms === null ? null : isoOf(Number(created_ms)),
  };
}

/** What was just posted, as the list will show it. */
export function shownPosted({ at, ...entry }: LedgerEvent['data'], reason: string) {
  return {
    object: 'ledger_entry',
    id: entry.entryId,
    type: entry.kind,
    tenant: entry.tenantId,
    minute: entry.minute,
    debit: entry.debit,
    credit: entry.credit,
    amount: trimmed(entry.amount),
    currency: entry.currency,
    model: entry.model || null,
    calls: entry.calls,
    input_tokens: entry.inputTokens,
    output_tokens: entry.outputTokens,
    author: entry.author,
    reason,
    created_at: at,
  };
}

export function shownBalance(
  { tenant, window, fromMs, toMs }: { tenant: string; window: BalancesQuery['window']; fromMs: number; toMs: number },
  { calls, input_tokens, output_tokens, ...row }: BalanceRow,
) {
  return {
    object: 'ledger_balance',
    tenant,
    ...row,
    window,
    from: isoOf(fromMs),
    to: isoOf(toMs),
    calls: Number(calls),
    input_tokens: Number(input_tokens),
    output_tokens: Number(output_tokens),
  };
}

/** `"007.50"` → `"7.5"`: as the database tells it. */
function trimmed(amount: string): string {
  const [whole = '0', fraction = ''] = amount.split('.');
  const digits = fraction.replace(/0+$/, '');
  const start = whole.replace(/^0+(?=\d)/, '');
  return digits === '' ? start : `${start}.${digits}`;
}
