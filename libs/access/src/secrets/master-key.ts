import { createSecretKey, hkdfSync, randomBytes, type KeyObject } from 'node:crypto';
import { openBox, sealBox } from './aes-box.js';

const PURPOSE = 'gatehouse/tenant-data-key/v1';
const MASTER_BYTES_MIN = 32;

/**
 * What tenants' data keys are wrapped with. Only policy (which seals) and gateways (which open) hold it. The secret
 * itself encrypts nothing: the wrapping key is derived from it by HKDF-SHA-256.
 */
export class MasterKey {
  private constructor(private readonly wrapping: KeyObject) {}

  /** Base64 of at least 32 random bytes. Throws an Error that does not quote it. */
  static parse(text: string): MasterKey {
    const trimmed = text.trim();
    const secret = Buffer.from(trimmed, 'base64');
    if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(trimmed) || secret.length < MASTER_BYTES_MIN) {
      throw new Error(`The master key must be base64 of at least ${MASTER_BYTES_MIN} bytes.`);
    }
    if (new Set(secret).size < 12) throw new Error('The master key is not random.');
    return new MasterKey(createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', PURPOSE, 32))));
  }

  /** A fresh data key of a tenant, wrapped, base64url. */
  newDataKey(tenantId: string): string {
    return sealBox(this.wrapping, randomBytes(32), tenantId);
  }

  /** Throws for another tenant's data key, or one wrapped by another master key. */
  unwrap(tenantId: string, dataKey: string): KeyObject {
    return createSecretKey(openBox(this.wrapping, dataKey, tenantId));
  }
}
