import { z } from 'zod';

/** A client as the API shows one: never a secret. */
export const ShownClient = z
  .strictObject({
    object: z.literal('oauth_client'),
    id: z.string(),
    name: z.string().nullable(),
    kind: z.enum(['public', 'confidential']),
    status: z.enum(['active', 'disabled', 'deleted']),
    token_endpoint_auth_method: z.string(),
    application_type: z.string(),
    grant_types: z.array(z.string()),
    redirect_uris: z.array(z.string()),
    scopes: z.array(z.string()),
    resources: z.array(z.string()),
    virtual_account: z.string().nullable(),
    jwks: z.strictObject({ keys: z.array(z.looseObject({ alg: z.string() })) }),
    access_token_seconds: z.int().nullable(),
    redacted_secret: z.string().nullable(),
    overlap_until: z.iso.datetime().nullable(),
    created_by: z.string(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'OAuthClient' });

/** With its secret, once: a repetition under an `Idempotency-Key` is without `client_secret`. */
export const ClientWithSecret = z
  .strictObject({ ...ShownClient.shape, client_secret: z.string().optional() })
  .meta({ id: 'OAuthClientWithSecret' });
