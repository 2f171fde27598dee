import { z } from 'zod';
import { Labels } from '../names.js';
import { KeyKind } from './api-key.events.js';
import { KeyRestrictions } from './key-restrictions.js';

/** One secret of a key. `until` is null for the current one, and the end of the overlap for its predecessor. */
export const CredentialSecret = z.object({
  mac: z.string(),
  pepperVersion: z.int(),
  until: z.iso.datetime().nullable(),
});
export type CredentialSecret = z.output<typeof CredentialSecret>;

/** `credential/<keyId>` on `identity.state.v1`: all that a guard needs to accept or refuse a key. No text of it. */
export const CredentialRecord = z.object({
  keyId: z.string(),
  kind: KeyKind,
  tenantId: z.string(),
  ownerId: z.string(),
  ownerEpoch: z.int(),
  status: z.enum(['active', 'suspended', 'revoked']),
  /** The current secret first, then at most one that is being superseded. */
  secrets: z.array(CredentialSecret).min(1).max(2),
  restrictions: KeyRestrictions,
  labels: Labels,
  issuedAt: z.iso.datetime(),
  rotatedAt: z.iso.datetime().nullable(),
  notBefore: z.iso.datetime().nullable(),
  expiresAt: z.iso.datetime().nullable(),
  /**
   * The last use that identity had heard of when it last had a reason to say so: kept only for keys that a policy calls
   * idle after some time, and only when it advanced by a good part of that time. Never later than the true one.
   */
  lastUsedAt: z.iso.datetime().optional(),
  /** Its sink has not taken a new text since then; for audit, guards do not mind. */
  rotationFailing: z.object({ sink: z.string(), since: z.iso.datetime() }).optional(),
});
export type CredentialRecord = z.output<typeof CredentialRecord>;
