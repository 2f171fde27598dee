import { actionNames } from '#libs/policy-language';
import { ACCESS_TOKEN_SECONDS, EXCHANGE_CLIENT_ID } from '#libs/contracts';
import { errors, type Client, type Configuration, type JWK, type KoaContextWithOIDC } from 'oidc-provider';
import { DETAILS_TYPE, OIDC_SCOPES, OWN_METADATA, ownMetadata } from '../clients/client-metadata.js';
import { TOKEN_EXCHANGE } from '../grants/token-exchange.grant.js';
import { renderError } from '../interactions/error-page.js';
import { adapterOf, type AdapterParts } from './adapter.js';
import { requireDetail, requireSmall } from './authorization-details.js';
import { ownInteractionPolicy } from './interaction-policy.js';
import { ASSERTION_SECONDS_MAX, CLOCK_TOLERANCE_SECONDS, lifetimes } from './lifetimes.js';
import { resourceIndicators } from './resource-servers.js';
import { consentedDetails } from './token-details.js';
import type { CodeTokens } from '../tokens/code-tokens.js';

export type ConfigurationParts = AdapterParts & {
  /** The signing one first. */
  readonly keys: readonly JWK[];
  readonly cookieKeys: readonly Buffer[];
  /** Public URLs of all services, the default first. */
  readonly services: readonly string[];
  readonly codeTokens: CodeTokens;
};

/** Who asks with a key or a foreign token needs no client of their own. */
const exchangeClient = {
  client_id: EXCHANGE_CLIENT_ID,
  client_name: 'token exchange',
  token_endpoint_auth_method: 'none' as const,
  grant_types: [TOKEN_EXCHANGE],
  redirect_uris: [],
  response_types: [],
};

const ASYMMETRIC = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;

/** What of OAuth 2.0 and OpenID Connect there is here. What is not named is off, and a parameter of it is refused. */
export function configurationOf(parts: ConfigurationParts): Configuration {
  const { keys, cookieKeys, services, codeTokens } = parts;
  return {
    adapter: (name: string) => adapterOf(name, parts),
    clients: [exchangeClient],
    jwks: { keys: [...keys] },
    findAccount: (context, id) => codeTokens.account(context, id),
    routes,
    scopes: [...OIDC_SCOPES],
    claims: { openid: ['sub'] },
    responseTypes: ['code'],
    subjectTypes: ['public'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    enabledJWA: { clientAuthSigningAlgValues: [...ASYMMETRIC], idTokenSigningAlgValues: ['ES256'] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    extraClientMetadata: { properties: [OWN_METADATA] },
    discovery: { scopes_supported: [...OIDC_SCOPES, ...actionNames] },
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    assertJwtClientAuthClaimsAndHeader: requireShortAssertion,
    rotateRefreshToken: true,
    issueRefreshToken: (_context, client: Client, code) =>
      client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
    expiresWithSession: () => false,
    ttl: {
      ...lifetimes,
      AccessToken: (_context, token) => token.resourceServer?.accessTokenTTL ?? ACCESS_TOKEN_SECONDS,
      RefreshToken: (_context, token) => secondsLeftOf(token),
    },
    interactions: {
      policy: ownInteractionPolicy(),
      url: (_context, interaction) => `/oauth2/interaction/${interaction.uid}`,
    },
    cookies: {
      keys: [...cookieKeys],
      long: { signed: true, httpOnly: true, sameSite: 'lax', path: '/oauth2' },
      short: { signed: true, httpOnly: true, sameSite: 'lax' },
      names: { session: 'gatehouse_session', interaction: 'gatehouse_interaction', resume: 'gatehouse_resume' },
    },
    formats: { customizers: { jwt: (_context, token, jwt) => codeTokens.complete(token, jwt) } },
    renderError,
    features: featuresFor(services),
  };
}

/** Public clients and confidential ones see and end what is theirs, and nothing else. */
const isOwn = (_context: unknown, client: Client, token: { clientId?: string }) => client.clientId === token.clientId;

function featuresFor(services: readonly string[]): NonNullable<Configuration['features']> {
  return {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    dPoP: { enabled: false },
    userinfo: { enabled: true },
    introspection: { enabled: true, allowedPolicy: isOwn },
    revocation: { enabled: true, allowedPolicy: isOwn },
    resourceIndicators: resourceIndicators(services) as never,
    richAuthorizationRequests: {
      enabled: true,
      types: { [DETAILS_TYPE]: { validate: validateDetail } },
      ...consentedDetails,
    },
  };
}

const routes = {
  authorization: '/oauth2/auth',
  token: '/oauth2/token',
  introspection: '/oauth2/introspect',
  revocation: '/oauth2/revoke',
  jwks: '/oauth2/jwks',
  userinfo: '/oauth2/userinfo',
  end_session: '/oauth2/end-session',
};

function validateDetail(context: KoaContextWithOIDC, detail: object): void {
  requireSmall([context.oidc.params?.['authorization_details']]);
  requireDetail(detail);
}

/** A family does not outlive its code by more than the life of one: rotation moves no date on. */
function secondsLeftOf({ iiat }: { iiat?: number }): number {
  const now = Math.floor(Date.now() / 1_000);
  return Math.max(1, (iiat ?? now) + lifetimes.RefreshToken - now);
}

function requireShortAssertion(_context: unknown, claims: { exp?: unknown }, _header: unknown, client: Client): void {
  const now = Math.floor(Date.now() / 1_000);
  if (typeof claims.exp === 'number' && claims.exp - now <= ASSERTION_SECONDS_MAX) return;
  throw new errors.InvalidClientAuth(`assertions of ${ownMetadata(client)?.id ?? 'this client'} live too long`);
}
