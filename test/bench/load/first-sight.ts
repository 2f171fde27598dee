import { IdentityView, TokenAuthenticator } from '#libs/access';
import {
  AccessTokenClaims,
  clientKey,
  issuerKey,
  OWN_ISSUER_ID,
  principalKey,
  tenantKey,
  type ClientRecord,
  type IssuerRecord,
  type PrincipalRecord,
  type TenantRecord,
} from '#libs/contracts';
import { exportJWK, SignJWT, type CryptoKey, type JWTPayload } from 'jose';

const KID = 'bench';
type Pair = { readonly privateKey: CryptoKey; readonly publicKey: CryptoKey };

/**
 * So many tokens with these claims, each with an id of its own, as a gateway takes them that has not seen them before: form,
 * signature, and everything that its records say of issuer, client, principal and tenant. Signed before; answers how each is
 * taken. @throws Error for one that is refused.
 */
export async function tokensAtFirstSight(payload: JWTPayload, { privateKey, publicKey }: Pair, count: number) {
  const claims = AccessTokenClaims.parse(payload);
  const nowMs = claims.iat * 1_000;
  const view = new IdentityView(() => nowMs);
  for (const [index, [key, record]] of (await recordsFor(claims, publicKey)).entries()) {
    view.set(key, { offset: BigInt(index), generation: 1, epoch: 1, position: index }, false);
    view.apply(key, Buffer.from(JSON.stringify(record)));
  }
  const header = { alg: 'ES256', typ: 'at+jwt', kid: KID };
  const texts = await Promise.all(
    Array.from({ length: count }, (_, n) =>
      new SignJWT({ ...claims, jti: `bench_${n}` }).setProtectedHeader(header).sign(privateKey),
    ),
  );
  const policy = { snapshot: () => undefined };
  const fresh = () =>
    new TokenAuthenticator({ identity: view, policy, publicUrl: claims.aud, accepts: ['pat', 'vak'] });
  return {
    /** One that has seen none of them. */
    fresh,
    take: async (authenticator: TokenAuthenticator, n: number) => {
      const answer = await authenticator.authenticate(texts[n % count] ?? '', nowMs);
      if (!answer.ok) throw new Error(`A token was refused: ${answer.reason}`);
    },
  };
}

async function recordsFor(
  { iss, aud, sub, tenant, client_id: clientId, gh_epoch: epoch }: AccessTokenClaims,
  key: CryptoKey,
) {
  const issuer: IssuerRecord = {
    id: OWN_ISSUER_ID,
    tenantId: 'platform',
    status: 'active',
    issuer: iss,
    audiences: [aud],
    tokenTypes: ['at+jwt'],
    keys: [{ kid: KID, algorithm: 'ES256', jwk: { ...(await exportJWK(key)) } }],
    keysUntil: null,
    lifetimeSecondsMax: 3_600,
    notBefore: null,
    mappings: [],
  };
  const account: PrincipalRecord = {
    id: sub,
    kind: 'virtual-account',
    tenantId: tenant,
    status: 'active',
    epoch,
    name: 'service',
    email: null,
    teams: [],
    groups: [],
    labels: {},
    ownerTeam: null,
    operator: false,
  };
  const client: ClientRecord = {
    id: clientId,
    tenantId: tenant,
    status: 'active',
    virtualAccountId: sub,
    notBefore: null,
  };
  const itsTenant: TenantRecord = { id: tenant, status: 'active' };
  return [
    [tenantKey(tenant), itsTenant],
    [principalKey(sub), account],
    [clientKey(clientId), client],
    [issuerKey(OWN_ISSUER_ID), issuer],
  ] as const;
}
