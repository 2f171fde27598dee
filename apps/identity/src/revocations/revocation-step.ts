import {
  ACCESS_TOKEN_SECONDS_MAX,
  EXTERNAL_TOKEN_SECONDS_MAX,
  type RevocationKind,
  type Sealed,
} from '#libs/contracts';
import { step } from '#libs/event-store';
import { revocationAggregate } from '../aggregates.js';

/** Clocks of those who issue tokens may be so far ahead; the record stays for longer by it. */
const CLOCK_MARGIN_SECONDS = 300;

export type Revoked = {
  readonly kind: RevocationKind;
  readonly id: string;
  readonly tenantId: string;
  /** ISO 8601; nothing issued until then is accepted. */
  readonly at: string;
  readonly reason?: Sealed;
};

/** A revocation as one part of a transaction over several: of the end of a grant, say. */
export function revocationStep({ kind, id, tenantId, at, reason }: Revoked) {
  const longest =
    kind === 'principal' ? Math.max(ACCESS_TOKEN_SECONDS_MAX, EXTERNAL_TOKEN_SECONDS_MAX) : ACCESS_TOKEN_SECONDS_MAX;
  const until = new Date(Date.parse(at) + (longest + CLOCK_MARGIN_SECONDS) * 1000).toISOString();
  const command = { type: 'RevokeTokens' as const, kind, id, tenantId, at, until, ...(reason && { reason }) };
  return step(revocationAggregate, `${kind}/${id}`, command);
}
