import type { DecisionReason } from '#libs/contracts';
import type { TokenIdentity, Unauthenticated } from '../authentication/caller.js';

/** Who a refused token is of, where its signature held; '' throughout for any other. */
export type KnownOfToken = {
  readonly tenantId: string;
  readonly keyId: string;
  readonly principalId: string;
  readonly token?: TokenIdentity | undefined;
};

const NOTHING_KNOWN: KnownOfToken = { tenantId: '', keyId: '', principalId: '' };

/** What a caller is told is the same whatever is wrong with a token; `reason` is for audit. */
export function refusedToken(reason: DecisionReason, known: KnownOfToken = NOTHING_KNOWN): Unauthenticated {
  return Object.freeze({ ok: false, code: 'invalid_token', reason, ...known });
}

/** What is no token of anybody's, as far as can be told. */
export const INVALID_TOKEN = refusedToken('token_invalid');

/** Too many tokens at once that nobody has seen before: this one is neither valid nor invalid, and may come again. */
export const TOO_MANY_TOKENS: Unauthenticated = Object.freeze({
  ok: false,
  code: 'not_ready',
  reason: 'not_ready',
  ...NOTHING_KNOWN,
});
