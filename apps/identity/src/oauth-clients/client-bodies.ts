import { ACCESS_TOKEN_SECONDS, ACCESS_TOKEN_SECONDS_MAX, ClientAuthMethod, ClientGrantType } from '#libs/contracts';
import { isAction } from '#libs/policy-language';
import { z } from 'zod';
import { ListQuery } from '../lists/list-query.js';
import { KeySetBody } from '../public-keys/static-key-set.js';
import { redirectUriMistake } from './redirect-uri.js';

/** Shorter, and a token has expired before it arrives. */
const ACCESS_TOKEN_SECONDS_MIN = 60;
/** Thirty days: an overlap is for rolling a secret out, not for keeping two. */
const OVERLAP_SECONDS_MAX = 2_592_000;
/** Scopes that are no actions: the login itself, and refresh tokens. */
const PROTOCOL_SCOPES = new Set(['openid', 'offline_access']);

const distinct = <Item extends z.ZodType>(item: Item, most: number) =>
  z
    .array(item)
    .max(most)
    .refine((items) => new Set(items).size === items.length, 'each once');

const name = z.string().min(1).max(64);
const redirectUris = distinct(
  z.string().superRefine((text, context) => {
    const mistake = redirectUriMistake(text);
    if (mistake !== undefined) context.addIssue({ code: 'custom', message: mistake });
  }),
  20,
);
const grantTypes = distinct(ClientGrantType, 4).min(1);
const scopes = distinct(
  z.string().refine((text) => isAction(text) || PROTOCOL_SCOPES.has(text), 'a known action, openid or offline_access'),
  100,
).min(1);
const resources = distinct(z.string().max(512), 16).min(1);
/** Name or id. */
const virtualAccount = z.string().min(1).max(80);
const accessTokenSeconds = z.int().min(ACCESS_TOKEN_SECONDS_MIN).max(ACCESS_TOKEN_SECONDS_MAX);

export const CreateClientBody = z.strictObject({
  name,
  token_endpoint_auth_method: ClientAuthMethod.default('client_secret_basic'),
  application_type: z.enum(['web', 'native']).default('web'),
  grant_types: grantTypes,
  redirect_uris: redirectUris.default([]),
  scopes,
  /** Public URLs of services; the gateway's alone unless given. */
  resources: resources.optional(),
  virtual_account: virtualAccount.optional(),
  jwks: KeySetBody.optional(),
  access_token_seconds: accessTokenSeconds.default(ACCESS_TOKEN_SECONDS),
  tenant: z.string().min(1).max(63).optional(),
});
export type CreateClientBody = z.output<typeof CreateClientBody>;

export const ChangeClientBody = z
  .strictObject({
    name: name.optional(),
    grant_types: grantTypes.optional(),
    redirect_uris: redirectUris.optional(),
    scopes: scopes.optional(),
    resources: resources.optional(),
    virtual_account: virtualAccount.nullable().optional(),
    jwks: KeySetBody.optional(),
    access_token_seconds: accessTokenSeconds.optional(),
  })
  .refine((body) => Object.keys(body).length > 0, 'change something');
export type ChangeClientBody = z.output<typeof ChangeClientBody>;

export const RotateSecretBody = z
  .strictObject({
    /** How long the former secret goes on; 0 ends it at once. */
    overlap_seconds: z.int().min(0).max(OVERLAP_SECONDS_MAX).default(0),
  })
  .prefault({});
export type RotateSecretBody = z.output<typeof RotateSecretBody>;

export const ClientListQuery = ListQuery.extend({
  status: z.enum(['active', 'disabled', 'deleted']).optional(),
  /** Id of the account that they act as. */
  virtual_account: z.string().min(1).max(80).optional(),
});
export type ClientListQuery = z.output<typeof ClientListQuery>;
