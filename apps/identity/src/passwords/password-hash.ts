import { argon2, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { BoundedWork } from './bounded-work.js';

/** Argon2id (RFC 9106) with OWASP's parameters; memory in KiB. Stored with each hash, so that they can be raised. */
const PARAMETERS = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Bounds of what a stored hash may ask of this process. */
const MEMORY_MAX = 262_144;
const PASSES_MAX = 16;
/** Two hashes at once take 38 MiB and half of Node's thread pool; who waits longer than the line is told so. */
const bounds = { concurrentMax: 2, waitingMax: 64 };
const PURPOSE = 'gatehouse/identity/password-pepper/v1';
const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(1)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

const derive = promisify(argon2);

/** Hashes passwords under a pepper that no table holds: a stolen table cannot be searched without identity's seal key. */
export class PasswordHash {
  private readonly work = new BoundedWork(bounds);
  private readonly pepper: Buffer;
  /** Of a password that nobody has: what an unknown user's is compared with. */
  private readonly nobodys: string;

  /** @param sealKey At least 32 bytes; the pepper is derived from it (HKDF-SHA-256). */
  constructor(sealKey: Uint8Array) {
    this.pepper = Buffer.from(hkdfSync('sha256', sealKey, '', PURPOSE, HASH_BYTES));
    this.nobodys = phc(PARAMETERS, randomBytes(SALT_BYTES), randomBytes(HASH_BYTES));
  }

  /** A new hash in PHC form. @throws DomainError `password/unavailable` under too much load. */
  async make(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    return phc(PARAMETERS, salt, await this.derived(password, salt, PARAMETERS));
  }

  /** Whether the password is the one of `hash`. Without a hash it is not, after the same work. */
  async matches(password: string, hash: string | undefined): Promise<boolean> {
    const stored = readPhc(hash ?? this.nobodys) ?? readPhc(this.nobodys);
    if (!stored) throw new Error('a hash of nobody is unreadable');
    const derived = await this.derived(password, stored.salt, stored);
    const equal = derived.length === stored.hash.length && timingSafeEqual(derived, stored.hash);
    return equal && hash !== undefined;
  }

  private derived(password: string, nonce: Buffer, { memory, passes, parallelism }: Parameters): Promise<Buffer> {
    const message = Buffer.from(password.normalize('NFKC'));
    const options = { message, nonce, secret: this.pepper, memory, passes, parallelism, tagLength: HASH_BYTES };
    return this.work.run(() => derive('argon2id', options));
  }
}

type Parameters = { readonly memory: number; readonly passes: number; readonly parallelism: number };

function phc({ memory, passes, parallelism }: Parameters, salt: Buffer, hash: Buffer): string {
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(hash)}`;
}

/** Undefined for what was not written here; nothing that a table holds makes this process work without bound. */
function readPhc(text: string) {
  const [, memory, passes, parallelism, salt, hash] = PHC.exec(text) ?? [];
  const parameters = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  if (!salt || !hash || parameters.memory > MEMORY_MAX || parameters.passes > PASSES_MAX) return undefined;
  return { ...parameters, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') };
}

/** PHC strings carry base64 without padding. */
const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
