import { z } from 'zod';

/** Most uses that one record of `audit.key-uses.v1` carries. */
export const KEY_USES_PER_RECORD_MAX = 500;

/**
 * When keys were last used, as decisions of all services tell, to the minute; key: the tenant's id. Only what advanced
 * is said, so a key in constant use is named once a minute at most. Sealed as state records are.
 */
export const KeyUses = z.strictObject({
  tenantId: z.string(),
  uses: z
    .array(z.strictObject({ keyId: z.string(), usedAt: z.iso.datetime() }))
    .min(1)
    .max(KEY_USES_PER_RECORD_MAX),
});
export type KeyUses = z.output<typeof KeyUses>;
