import { defineEvent } from '#libs/decider';
import { z } from 'zod';
import { Sealed } from '../sealed.js';

const Key = z.strictObject({
  tenantId: z.string(),
  /** Also the subject whose key in audit's store seals the private part: erasing that is the end of this one. */
  keyId: z.string().regex(/^ck_[0-9a-f-]{36}$/),
  at: z.iso.datetime(),
});

/**
 * A tenant has a new pair of keys for what is kept of its calls; gateways write with the newest. Stream
 * `audit.content-key-<keyId>`.
 */
export const ContentKeyCreated = defineEvent(
  'audit.content-key.created',
  Key.extend({
    /** X25519, base64url, as `x` of RFC 8037. */
    publicKey: z.string().regex(/^[\w-]{43}$/),
    /** Likewise, as `d`. */
    privateKey: Sealed,
  }),
);

/** The private key is gone for good, and with it what was written for it. */
export const ContentKeyDeleted = defineEvent(
  'audit.content-key.deleted',
  Key.extend({
    /** `expired`: another one has taken its place, and nothing is kept any more that was written for it. */
    cause: z.enum(['asked', 'expired', 'tenant_deleted']),
  }),
);

export const contentKeyEvents = [ContentKeyCreated, ContentKeyDeleted] as const;
export type ContentKeyEvent = ReturnType<(typeof contentKeyEvents)[number]['of']>;
export type ContentKeyDeletedCause = z.output<typeof ContentKeyDeleted.schema>['cause'];
