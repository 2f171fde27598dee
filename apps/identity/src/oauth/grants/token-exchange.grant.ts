import { ACCESS_TOKEN_SECONDS, EXCHANGE_CLIENT_ID } from '#libs/contracts';
import type { Clock } from '#libs/telemetry';
import { errors, type TokenEndpointGrantContext } from 'oidc-provider';
import { ownMetadata, type OwnMetadata } from '../clients/client-metadata.js';
import { readAsked, type Asked, type TokenParameters } from './asked-token.js';
import { answer, type GrantParts } from './client-credentials.grant.js';
import { ACCESS_TOKEN_TYPE, invalid, type ExchangedCredential } from './exchanged-credential.js';
import type { SubjectTokens } from './subject-tokens.js';

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const exchangeParameters = [
  'subject_token',
  'subject_token_type',
  'requested_token_type',
  'actor_token',
  'actor_token_type',
  'audience',
  'scope',
  'resource',
  'authorization_details',
] as const;

type ExchangeParameters = TokenParameters & Partial<Record<(typeof exchangeParameters)[number], string>>;
type Parts = GrantParts & { readonly subjectTokens: SubjectTokens; readonly clock: Clock };

/** A token that would be over at once is none, seconds. */
const SECONDS_MIN = 1;

/**
 * RFC 8693: a key or a token for a short-lived access token that can do no more, is for nothing else and lives no longer
 * than what it was exchanged for.
 */
export function tokenExchange({ subjects, tokens, urls, subjectTokens, clock }: Parts) {
  return async (context: TokenEndpointGrantContext<ExchangeParameters>): Promise<void> => {
    const parameters = context.oidc.params as ExchangeParameters;
    requireOurs(parameters);
    const client = ownMetadata(context.oidc.client);
    const credential = await subjectTokens.verify(parameters.subject_token ?? '', parameters.subject_token_type ?? '');
    if (client && client.tenantId !== credential.tenantId) throw invalid();
    const subject = await subjects.living(credential.principalId);
    if (subject?.tenantId !== credential.tenantId) throw invalid();
    requireItsOwn(credential, client);
    const asked = narrowed(parameters, credential, client, urls.resources);
    const seconds = secondsOf(credential, client, clock.nowMs());
    const clientId = client?.id ?? EXCHANGE_CLIENT_ID;
    const exchanged = { ...credential.claims, ...actor(credential, client) };
    const { grantId } = credential;
    const { text, tokenId } = await tokens.make({ ...asked, subject, clientId, seconds, exchanged, grantId });
    const more = { issued_token_type: ACCESS_TOKEN_TYPE };
    answer(context, { ...asked, text, tokenId, seconds, more, principalId: subject.id });
  };
}

function requireOurs(parameters: ExchangeParameters): void {
  const { subject_token, subject_token_type, requested_token_type, actor_token, actor_token_type, audience } =
    parameters;
  if (!subject_token || !subject_token_type) {
    throw new errors.InvalidRequest('subject_token and subject_token_type are needed');
  }
  if (requested_token_type !== undefined && requested_token_type !== ACCESS_TOKEN_TYPE) {
    throw new errors.InvalidRequest('only access tokens are issued');
  }
  if (actor_token !== undefined || actor_token_type !== undefined) {
    throw new errors.InvalidRequest('actor tokens are not taken: the client is the actor');
  }
  if (audience !== undefined) throw new errors.InvalidTarget('name the service by its resource');
}

/**
 * Guards take a token of a virtual account from the client that is bound to it alone, and one of the exchange client only
 * with the key or the issuer that stands behind it.
 */
function requireItsOwn({ principalId, claims }: ExchangedCredential, client: OwnMetadata | undefined): void {
  if (claims.gh_key !== undefined || claims.gh_issuer !== undefined) return;
  const isOfAnother = principalId.startsWith('va_') && client?.virtualAccountId !== principalId;
  if (!client || isOfAnother) throw invalid();
}

/** What was asked for, within what the credential and the client leave open. */
function narrowed(
  parameters: ExchangeParameters,
  credential: ExchangedCredential,
  client: OwnMetadata | undefined,
  services: readonly string[],
): Asked {
  const { scopes, details, resource } = credential;
  if (details && parameters.authorization_details !== undefined) {
    throw new errors.InvalidAuthorizationDetails('the token has authorization_details, which go over as they are');
  }
  const actions = both(scopes, client?.actions);
  const ofToken = resource === undefined ? services : services.filter((service) => service === resource);
  const bounds = { actions, resources: client?.resources ?? [], scopesDefault: scopes ? (actions ?? []) : [] };
  const given = JSON.stringify(details);
  const asked = readAsked(
    { ...parameters, ...(details && { authorization_details: given }) },
    // Details alone describe a token without a scope, so one with a scope keeps it.
    bounds,
    ofToken,
  );
  const keepsScope = scopes !== undefined && asked.scopes.length === 0;
  // A client's own bounds are scopes: without one, they would be none.
  const needsScope = client !== undefined && asked.scopes.length === 0;
  if (!keepsScope && !needsScope) return asked;
  if (!actions || actions.length === 0) throw new errors.InvalidScope('no scope is open to client and token alike', '');
  return { ...asked, scopes: actions };
}

function both(one: readonly string[] | undefined, other: readonly string[] | undefined) {
  return one && other ? one.filter((scope) => other.includes(scope)) : (one ?? other);
}

function secondsOf({ expiresAtMs }: ExchangedCredential, client: OwnMetadata | undefined, nowMs: number): number {
  const left = Math.floor((expiresAtMs - nowMs) / 1_000);
  if (left < SECONDS_MIN) throw invalid();
  return Math.min(left, client?.accessTokenSeconds ?? ACCESS_TOKEN_SECONDS);
}

/** Who acts for the subject: a registered client does, and whoever acted before stays named inside. */
function actor({ claims: { act } }: ExchangedCredential, client: OwnMetadata | undefined) {
  if (!client) return act ? { act } : {};
  return { act: { sub: client.id, ...(act && { act }) } };
}
