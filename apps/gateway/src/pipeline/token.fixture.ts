import {
  clientKey,
  issuerKey,
  OWN_ISSUER_ID,
  type AccessTokenClaims,
  type ClientRecord,
  type IssuerRecord,
} from '#libs/contracts';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { gatewayUrl, type Gateway } from './pipeline.fixture.js';

const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
const jwk = { ...(await exportJWK(publicKey)) };

export const issuer: IssuerRecord = {
  id: OWN_ISSUER_ID,
  tenantId: 'platform',
  status: 'active',
  issuer: 'https://identity.example',
  audiences: [gatewayUrl],
  tokenTypes: ['at+jwt'],
  keys: [{ kid: 'k1', algorithm: 'ES256', jwk }],
  keysUntil: null,
  lifetimeSecondsMax: 3_600,
  notBefore: null,
  mappings: [],
};
export const client: ClientRecord = {
  id: 'client_cli',
  tenantId: 'acme',
  status: 'active',
  virtualAccountId: null,
  notBefore: null,
};

/** Has the gateway know our own issuer and a client. */
export function trustTokens({ put }: Gateway): void {
  put(issuerKey(issuer.id), issuer);
  put(clientKey(client.id), client);
}

/** A token of user_dev for the gateway, issued now. */
export function token(change: Partial<AccessTokenClaims> = {}, header: object = {}): Promise<string> {
  const nowS = Math.floor(Date.now() / 1_000);
  const claims: AccessTokenClaims = {
    iss: issuer.issuer,
    sub: 'user_dev',
    aud: gatewayUrl,
    client_id: client.id,
    jti: 'token_1',
    iat: nowS,
    exp: nowS + 900,
    scope: 'model:invoke model:list',
    tenant: 'acme',
    gh_epoch: 1,
    gh_grant: 'grant_1',
    ...change,
  };
  const full = { alg: 'ES256', typ: 'at+jwt', kid: 'k1', ...header };
  return new SignJWT(claims).setProtectedHeader(full).sign(privateKey);
}
