import { z } from 'zod';
import { didYouMean } from '../matching/nearest.js';
import { providers } from '../vocabulary/closed-lists.js';
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
    /** Azure's: with it models are reached as deployments below `baseUrl`, without it by the names of OpenAI's API. */
    apiVersion: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}(?:-preview)?$/, 'A date such as 2024-10-21, or one with -preview.')
      .optional(),
    credential: Credential.optional(),
  }),
  // Not in the schema: a document that was in force before the list was stays readable.
  lint({ spec: { provider, apiVersion } }, _context, report) {
    if (!providers.some((known) => known === provider)) {
      report({
        path: ['spec', 'provider'],
        rule: 'unknown-provider',
        message: `There is no provider "${provider}"; one that speaks OpenAI's protocol is "openai-compatible".`,
        suggestion: didYouMean(provider, providers),
      });
    }
    if (apiVersion !== undefined && provider !== 'azure-openai') {
      report({
        path: ['spec', 'apiVersion'],
        rule: 'api-version-not-taken',
        message: `The provider "${provider}" takes no apiVersion.`,
      });
    }
  },
});
