import { createHmac, createSecretKey, hkdfSync, timingSafeEqual, type KeyObject } from 'node:crypto';

/** What the derived key is for; another purpose derives another key from the same secret. */
const PURPOSE = 'gatehouse/api-key-mac/v1';
const PEPPER_BYTES_MIN = 32;
const PEPPERS_MAX = 16;

/**
 * The secrets that key texts are MACed with: HMAC-SHA-256 over the whole text, under a key derived by HKDF-SHA-256.
 * Versioned, so that a new pepper is introduced while keys of the former ones go on. Without a pepper, the stored MACs
 * tell nothing.
 */
export class Peppers {
  private constructor(
    private readonly keys: ReadonlyMap<number, KeyObject>,
    /** The version that new keys are MACed with: the highest. */
    readonly current: number,
  ) {}

  /**
   * `1:<base64>,2:<base64>`; each at least 32 bytes, versions from 1 to 65535, 16 at most. Throws an Error that names
   * the place, never the secret.
   */
  static parse(text: string): Peppers {
    const keys = new Map<number, KeyObject>();
    const entries = text.split(',').map((entry) => entry.trim());
    if (entries.length > PEPPERS_MAX) throw new Error(`peppers: at most ${PEPPERS_MAX}`);
    for (const [index, entry] of entries.entries()) {
      const [, version, secret] = /^([1-9][0-9]{0,4}):([A-Za-z0-9+/_-]+={0,2})$/.exec(entry) ?? [];
      if (!version || !secret) throw new Error(`pepper ${index + 1}: expected <version>:<base64>`);
      if (Number(version) > 65_535) throw new Error(`pepper ${index + 1}: version above 65535`);
      if (keys.has(Number(version))) throw new Error(`pepper ${index + 1}: version ${version} is given twice`);
      keys.set(Number(version), derive(Buffer.from(secret, 'base64'), index));
    }
    return new Peppers(keys, Math.max(...keys.keys()));
  }

  /** The MAC of a key's text, base64url; undefined when there is no pepper of that version. About 3 µs. */
  mac(text: string, version: number = this.current): string | undefined {
    return this.digest(text, version)?.toString('base64url');
  }

  /** As `mac`, the 32 raw bytes. */
  digest(text: string, version: number): Buffer | undefined {
    const key = this.keys.get(version);
    return key && createHmac('sha256', key).update(text).digest();
  }

  /** Compares in constant time. False for an unknown version, after as much work as for a known one. */
  matches(text: string, version: number, mac: Uint8Array): boolean {
    const known = this.digest(text, version);
    const digest = known ?? this.digest(text, this.current);
    const equal = digest !== undefined && mac.length === digest.length && timingSafeEqual(digest, mac);
    return equal && known !== undefined;
  }
}

function derive(secret: Buffer, index: number): KeyObject {
  if (secret.length < PEPPER_BYTES_MIN) throw new Error(`pepper ${index + 1}: at least ${PEPPER_BYTES_MIN} bytes`);
  // A run of one byte, or a text of a few letters, is a placeholder that somebody forgot to replace.
  if (new Set(secret).size < 12) throw new Error(`pepper ${index + 1}: not random`);
  return createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', PURPOSE, 32)));
}
