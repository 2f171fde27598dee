import { z } from 'zod';

/** `<tenant>` on `audit.content-keys.v1`: what gateways write the tenant's prompts and answers for. They cannot read with it. */
export const ContentKeyRecord = z.strictObject({
  tenantId: z.string(),
  keyId: z.string(),
  /** X25519, base64url. */
  publicKey: z.string(),
});
export type ContentKeyRecord = z.output<typeof ContentKeyRecord>;
