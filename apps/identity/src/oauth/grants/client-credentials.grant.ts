import { errors, type TokenEndpointGrantContext } from 'oidc-provider';
import type { PublicUrls } from '../../public-urls.js';
import { ownMetadata } from '../clients/client-metadata.js';
import type { AccessTokens } from '../tokens/access-tokens.js';
import type { TokenSubjects } from '../tokens/token-subjects.js';
import { readAsked, type TokenParameters } from './asked-token.js';

export const CLIENT_CREDENTIALS = 'client_credentials';
export const clientCredentialsParameters = ['scope', 'resource', 'authorization_details'] as const;

export type GrantParts = {
  readonly subjects: TokenSubjects;
  readonly tokens: AccessTokens;
  readonly urls: PublicUrls;
};

/** RFC 6749, section 4.4: a client acts as the virtual account that it is bound to. */
export function clientCredentials({ subjects, tokens, urls }: GrantParts) {
  return async (context: TokenEndpointGrantContext<TokenParameters>): Promise<void> => {
    const client = ownMetadata(context.oidc.client);
    if (!client?.virtualAccountId) throw new errors.UnauthorizedClient('the client is bound to no virtual account');
    const bounds = { actions: client.actions, resources: client.resources, scopesDefault: client.actions };
    const asked = readAsked(context.oidc.params as TokenParameters, bounds, urls.resources);
    const subject = await subjects.living(client.virtualAccountId);
    if (subject?.tenantId !== client.tenantId) throw new errors.InvalidGrant('the virtual account is not active');
    const seconds = client.accessTokenSeconds;
    const { text, tokenId } = await tokens.make({ ...asked, subject, clientId: client.id, seconds });
    answer(context, { ...asked, text, tokenId, seconds, principalId: subject.id });
  };
}

type Made = {
  readonly text: string;
  readonly tokenId: string;
  readonly principalId: string;
  readonly seconds: number;
  readonly scopes: readonly string[];
  readonly details: readonly object[] | undefined;
  readonly more?: Readonly<Record<string, string>>;
};

const issued = new WeakMap<object, Pick<Made, 'tokenId' | 'principalId'>>();

/** What a grant of ours made in this request, for its record. */
export const issuedIn = (context: object) => issued.get(context);

/** The token response (RFC 6749, section 5.1). */
export function answer(context: TokenEndpointGrantContext, made: Made): void {
  const { text, seconds, scopes, details, more, tokenId, principalId } = made;
  issued.set(context, { tokenId, principalId });
  context.body = {
    access_token: text,
    ...more,
    token_type: 'Bearer',
    expires_in: seconds,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(details && { authorization_details: details }),
  };
}
