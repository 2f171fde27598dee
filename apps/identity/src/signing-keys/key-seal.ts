import { openBox, sealBox } from '#libs/access';
import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

const PURPOSE = 'gatehouse/identity/signing-key-sealing/v1';

/** Seals private keys in the table, each bound to its id: in another row it does not open. */
export class KeySeal {
  private readonly key: KeyObject;

  /** @param secret At least 32 bytes; what seals is derived from it (HKDF-SHA-256). */
  constructor(secret: Uint8Array) {
    this.key = createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', PURPOSE, 32)));
  }

  seal(kid: string, jwk: object): string {
    return sealBox(this.key, Buffer.from(JSON.stringify(jwk)), kid);
  }

  /** Throws when the secret is not the one that it was sealed with. */
  open(kid: string, sealed: string): Record<string, unknown> {
    return JSON.parse(openBox(this.key, sealed, kid).toString()) as Record<string, unknown>;
  }
}
