import { defineEvent } from '#libs/decider';
import { Sealed } from '../sealed.js';
import { RevocationRecord } from './revocation.record.js';

/** Stream `identity.revocation-<kind>/<id>`. A later one of the same stream moves `at` on. */
export const TokensRevoked = defineEvent(
  'identity.revocation.tokens-revoked',
  RevocationRecord.extend({ reason: Sealed.optional() }),
);

export const revocationEvents = [TokensRevoked] as const;
export type RevocationEvent = ReturnType<(typeof revocationEvents)[number]['of']>;
