import type { CallCompleted } from '#libs/contracts';

/** What one call moves: its caller owes `amount` more, and it is owed to the account upstream that served it. */
export type CallEntry = {
  readonly tenant_id: string;
  /** RFC 3339, a whole minute: when the call came. */
  readonly minute: string;
  readonly debit: string;
  readonly credit: string;
  readonly model: string;
  readonly currency: string;
  readonly amount: string;
  readonly input_tokens: number;
  readonly output_tokens: number;
};

const MINUTE_MS = 60_000;

/** The whole minute that an instant is in. */
export const minuteOf = (atMs: number) => new Date(Math.floor(atMs / MINUTE_MS) * MINUTE_MS).toISOString();

/** The account of who called: `user:<id>`, `virtual-account:<id>`. */
export const callerAccount = (kind: string, id: string) => `${kind}:${id}`;

/** The entry of a call. Its figures are those of the record, whose schema takes nothing negative, infinite or missing. */
export function entryOf(call: CallCompleted): CallEntry {
  return {
    tenant_id: storable(call.tenant_id),
    minute: minuteOf(Date.parse(call.at)),
    debit: storable(callerAccount(call.principal_kind, call.principal_id)),
    credit: storable(`provider-account:${call.provider_account}`),
    model: storable(call.resolved_model),
    currency: storable(call.currency),
    amount: call.cost,
    input_tokens: call.input_tokens,
    output_tokens: call.output_tokens,
  };
}

/** PostgreSQL keeps neither NUL nor half a character; one such text must not stop a partition for ever. */
export const storable = (text: string) => text.toWellFormed().replaceAll('\u0000', '\uFFFD');
