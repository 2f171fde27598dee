import { defineEvent } from '#libs/decider';
import { Sealed } from '../sealed.js';
import { RevocationRecord } from './revocation.record.js';

/** Stream `identity.revocation-<kind>/<id>`. A later one of the same stream moves `at` on. */
export const TokensRevoked = defineEvent(
  'identity.revocation.tokens-revoked',
  RevocationRecord.extend({ reason: Sealed.optional() }),
);

/** Every token that it could concern has expired by itself. A later revocation begins the record anew. */
export const RevocationForgotten = defineEvent(
  'identity.revocation.forgotten',
  RevocationRecord.pick({ kind: true, id: true, tenantId: true, at: true }),
);

export const revocationEvents = [TokensRevoked, RevocationForgotten] as const;
export type RevocationEvent = ReturnType<(typeof revocationEvents)[number]['of']>;
