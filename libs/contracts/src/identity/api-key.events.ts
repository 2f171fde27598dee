import { defineEvent } from '#libs/decider';
import { z } from 'zod';
import { Labels } from '../names.js';
import { Sealed } from '../sealed.js';
import { KeyRestrictions } from './key-restrictions.js';
import { RotationSchedule } from './rotation-schedule.js';

/** `pat` acts as a user, `vak` as a virtual account, `svc` reaches admin APIs only. */
export const KeyKind = z.enum(['pat', 'vak', 'svc']);
export type KeyKind = z.output<typeof KeyKind>;

/** Stream `identity.api-key-<keyId>`; the id is the 12 base62 digits that the key's text carries. */
const Key = z.object({ keyId: z.string(), tenantId: z.string(), at: z.iso.datetime() });
const WithReason = Key.extend({ reason: Sealed.optional() });
/** HMAC-SHA-256 of the whole key text under the pepper of that version, base64url; the text itself is never stored. */
const Secret = { mac: z.string(), pepperVersion: z.int() };

export const ApiKeyIssued = defineEvent(
  'identity.api-key.issued',
  Key.extend({
    ...Secret,
    kind: KeyKind,
    ownerId: z.string(),
    /** The owner's epoch at mint; a key whose owner has moved on is dead. */
    ownerEpoch: z.int(),
    name: Sealed,
    redacted: z.string(),
    restrictions: KeyRestrictions,
    labels: Labels,
    notBefore: z.iso.datetime().nullable(),
    expiresAt: z.iso.datetime().nullable(),
  }),
);
/** The former secret goes on until `overlapUntil` (which may be `at`: none). */
export const ApiKeyRotated = defineEvent(
  'identity.api-key.rotated',
  Key.extend({
    ...Secret,
    redacted: z.string(),
    overlapUntil: z.iso.datetime(),
    expiresAt: z.iso.datetime().nullable(),
  }),
);
export const ApiKeySuspended = defineEvent('identity.api-key.suspended', WithReason.extend({ leaked: z.boolean() }));
export const ApiKeyResumed = defineEvent('identity.api-key.resumed', WithReason);
/** `cause` is there where nobody asked: nobody had used the key for as long as its policy allows. */
export const ApiKeyRevoked = defineEvent(
  'identity.api-key.revoked',
  WithReason.extend({ cause: z.literal('unused').optional() }),
);
/** A key rotates by itself from now on, into the sink of that name; null ends it. `ofAccount`: because its account's keys do. */
export const ApiKeyRotationScheduled = defineEvent(
  'identity.api-key.rotation-scheduled',
  Key.extend({
    schedule: RotationSchedule.nullable(),
    ofAccount: z.literal(true).optional(),
  }),
);
/**
 * A new secret is about to be handed to the sink, and good from now on beside the present one, until `until`: whoever
 * reads it from there early is not refused. Nothing of its text is kept; only a rotation with the same MAC makes it the
 * key's own.
 */
export const ApiKeyRotationPrepared = defineEvent(
  'identity.api-key.rotation-prepared',
  Key.extend({ ...Secret, until: z.iso.datetime() }),
);
/** The sink did not take it. What was prepared is dead; the present secret goes on. `code` says what went wrong. */
export const ApiKeyRotationFailed = defineEvent(
  'identity.api-key.rotation-failed',
  Key.extend({ sink: z.string(), code: z.string().max(64), failures: z.int().min(1), nextAt: z.iso.datetime() }),
);
/** For keys that a policy calls idle after some time: so that every guard knows of uses elsewhere. */
export const ApiKeyUsed = defineEvent('identity.api-key.used', Key.extend({ usedAt: z.iso.datetime() }));

export const apiKeyEvents = [
  ApiKeyIssued,
  ApiKeyRotated,
  ApiKeySuspended,
  ApiKeyResumed,
  ApiKeyRevoked,
  ApiKeyUsed,
  ApiKeyRotationScheduled,
  ApiKeyRotationPrepared,
  ApiKeyRotationFailed,
] as const;
export type ApiKeyEvent = ReturnType<(typeof apiKeyEvents)[number]['of']>;
