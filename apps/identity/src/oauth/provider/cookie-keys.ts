import { hkdfSync } from 'node:crypto';

/** Derives one of OAuth's symmetric keys from `GATEHOUSE_SIGNING_KEY` (HKDF-SHA-256). */
export function oauthKey(secret: Uint8Array, purpose: 'cookies' | 'forms'): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `gatehouse/identity/oauth-${purpose}/v1`, 32));
}
