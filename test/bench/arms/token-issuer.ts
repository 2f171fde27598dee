import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import type { LocalJson } from '../local-stack.js';

const AUDIENCE = 'https://bench.example/gatehouse';
const LIFE_SECONDS = 3_600;

/** Signs tokens that the gateway takes for a user of acme. */
export type TokenIssuer = { token(): string };

/** Has acme trust an issuer of its own, whose one static key is made here; its tokens act as the user with that address. */
export async function tokenIssuer({ identity, tenants }: LocalJson, email: string): Promise<TokenIssuer> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = `bench-${randomUUID().slice(0, 8)}`;
  const issuer = `https://${name}.example`;
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256' };
  const mappings = [{ match: { sub: 'bench' }, as: { user_by: 'email', claim: 'email' } }];
  const body = { name, issuer, audiences: [AUDIENCE], jwks: { keys: [jwk] }, mappings };
  const answer = await fetch(`${identity.url}/v1/issuers`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tenants.acme.admin_key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (answer.status !== 201) throw new Error(`The issuer was answered ${answer.status}: ${await answer.text()}`);
  const header = encoded({ alg: 'ES256', typ: 'JWT', kid: 'k1' });
  return {
    token: () => {
      const iat = Math.floor(Date.now() / 1_000);
      const about = { iss: issuer, aud: AUDIENCE, sub: 'bench', email, email_verified: true, jti: randomUUID() };
      const input = `${header}.${encoded({ ...about, iat, exp: iat + LIFE_SECONDS })}`;
      const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${input}.${signature.toString('base64url')}`;
    },
  };
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
