import { defineEvent } from '#libs/decider';
import { z } from 'zod';
import { Sealed } from '../sealed.js';
import { IssuerKey } from './issuer.record.js';

/** How a client proves who it is at the token endpoint (RFC 7591); `none` is a public client. Fixed when it is made. */
export const ClientAuthMethod = z.enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none']);
export type ClientAuthMethod = z.output<typeof ClientAuthMethod>;

export const ClientGrantType = z.enum([
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'urn:ietf:params:oauth:grant-type:token-exchange',
]);
export type ClientGrantType = z.output<typeof ClientGrantType>;

/** Everything of a client that a change may change; each change carries all of it. */
export const OAuthClientSettings = z.object({
  name: Sealed,
  /** Only a `native` one may come from another port of its loopback redirect URI (RFC 8252). */
  applicationType: z.enum(['web', 'native']),
  redirectUris: z.array(z.string()),
  grantTypes: z.array(ClientGrantType),
  /** Action names, `openid` and `offline_access`. */
  scopes: z.array(z.string()),
  /** Public URLs of the services that its tokens may be for. */
  resources: z.array(z.string()),
  /** Whom its client-credentials tokens act as. */
  virtualAccountId: z.string().nullable(),
  /** What it signs its assertions with; for `private_key_jwt` only. */
  keys: z.array(IssuerKey),
  /** Life of its access tokens, seconds. */
  accessTokenSeconds: z.int(),
});
export type OAuthClientSettings = z.output<typeof OAuthClientSettings>;

/** HMAC-SHA-256 of the whole secret's text under the pepper of that version; the text itself is never stored. */
const Secret = z.object({ mac: z.string(), pepperVersion: z.int(), redacted: z.string() });

/** Stream `identity.oauth-client-<clientId>`. */
const Client = z.object({ clientId: z.string(), tenantId: z.string(), at: z.iso.datetime() });
const WithReason = Client.extend({ reason: Sealed.optional() });

export const OAuthClientCreated = defineEvent(
  'identity.oauth-client.created',
  Client.extend({
    authMethod: ClientAuthMethod,
    settings: OAuthClientSettings,
    /** Null where the method needs none. */
    secret: Secret.nullable(),
    createdBy: z.string(),
  }),
);
/** `endsTokens`: something was taken away, so tokens of before are not accepted any more. */
export const OAuthClientChanged = defineEvent(
  'identity.oauth-client.changed',
  Client.extend({ settings: OAuthClientSettings, endsTokens: z.boolean() }),
);
/** The former secret goes on until `overlapUntil` (which may be `at`: none). */
export const OAuthClientSecretRotated = defineEvent(
  'identity.oauth-client.secret-rotated',
  Client.extend({ secret: Secret, overlapUntil: z.iso.datetime() }),
);
export const OAuthClientDisabled = defineEvent('identity.oauth-client.disabled', WithReason);
export const OAuthClientEnabled = defineEvent('identity.oauth-client.enabled', WithReason);
export const OAuthClientDeleted = defineEvent('identity.oauth-client.deleted', WithReason);

export const oauthClientEvents = [
  OAuthClientCreated,
  OAuthClientChanged,
  OAuthClientSecretRotated,
  OAuthClientDisabled,
  OAuthClientEnabled,
  OAuthClientDeleted,
] as const;
export type OAuthClientEvent = ReturnType<(typeof oauthClientEvents)[number]['of']>;
