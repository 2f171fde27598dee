import { z } from 'zod';

/** The public client of token exchange: whoever has a key or an external token needs no client of their own. */
export const EXCHANGE_CLIENT_ID = 'gatehouse-exchange';

/**
 * `client/<id>` on `identity.state.v1`. A token of ours whose client is missing, disabled or deleted is refused; the
 * exchange client is compiled in and needs no record.
 */
export const ClientRecord = z.object({
  id: z.string(),
  tenantId: z.string(),
  status: z.enum(['active', 'disabled', 'deleted']),
  /** Whom its client-credentials tokens act as; null for a client that only acts for users. */
  virtualAccountId: z.string().nullable(),
  /** Tokens issued at or before it are refused: set when it is disabled, so that enabling it revives none. */
  notBefore: z.iso.datetime().nullable(),
});
export type ClientRecord = z.output<typeof ClientRecord>;
