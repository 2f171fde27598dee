import { z } from 'zod';
import { defineKind } from './kind.js';
import { Credential, UpstreamUrl } from './upstream.js';

/** Address of one upstream account. Its credential is set apart, write-only, and bound to the address's origin. */
export const ProviderAccount = defineKind({
  kind: 'ProviderAccount',
  plural: 'provider-accounts',
  sentence: 'Address and credential of one upstream account.',
  applyAction: 'policy:apply',
  spec: z.strictObject({
    /** Which wire protocol and price list it follows, such as `openai`. */
    provider: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'Lower-case letters, digits and dashes; 63 at most.'),
    baseUrl: UpstreamUrl,
    credential: Credential.optional(),
  }),
});
