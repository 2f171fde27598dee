import { createHmac, createSecretKey, hkdfSync, timingSafeEqual, type KeyObject } from 'node:crypto';

/** What a MAC covers: where a state record stands and what it says. */
export type StateRecord = {
  readonly topic: string;
  readonly key: string;
  /** `null` is a tombstone. */
  readonly value: Buffer | null;
  readonly generation: number;
  readonly epoch: number;
  readonly position: number;
};

/** A key that can do nothing but MAC state records; made by {@link deriveMacKey}. */
export type MacKey = { readonly purpose: 'state-mac'; readonly key: KeyObject };

const PURPOSE = 'gatehouse/bus/state-mac/v1';
const BUS_KEY_BYTES_MIN = 32;

/**
 * Derives the MAC key from the bus key (HKDF-SHA-256, RFC 5869), so that the bus key itself signs nothing.
 * @throws RangeError if the bus key is shorter than 32 bytes.
 */
export function deriveMacKey(busKey: Uint8Array): MacKey {
  if (busKey.byteLength < BUS_KEY_BYTES_MIN) throw new RangeError(`The bus key needs ${BUS_KEY_BYTES_MIN} bytes.`);
  const key = createSecretKey(Buffer.from(hkdfSync('sha256', busKey, new Uint8Array(), PURPOSE, 32)));
  return { purpose: 'state-mac', key };
}

/** HMAC-SHA-256 over the canonical form of the record, 32 bytes. */
export function recordMac(mac: MacKey, record: StateRecord): Buffer {
  return createHmac('sha256', mac.key).update(canonical(record)).digest();
}

/** Constant-time comparison with the MAC that the record should have. */
export function macMatches(mac: MacKey, record: StateRecord, presented: Uint8Array | undefined): boolean {
  const expected = recordMac(mac, record);
  return presented?.byteLength === expected.byteLength && timingSafeEqual(expected, presented);
}

/**
 * Every field is preceded by its length, and a tombstone differs from an empty value, so that no two records have the
 * same form. Numbers are 8 bytes, big endian.
 */
function canonical({ topic, key, value, generation, epoch, position }: StateRecord): Buffer {
  const numbers = Buffer.alloc(24);
  numbers.writeBigUInt64BE(BigInt(generation), 0);
  numbers.writeBigUInt64BE(BigInt(epoch), 8);
  numbers.writeBigUInt64BE(BigInt(position), 16);
  const presence = Buffer.of(value === null ? 0 : 1);
  const fields = [Buffer.from(PURPOSE), Buffer.from(topic), Buffer.from(key), numbers, presence, value ?? Buffer.of()];
  return Buffer.concat(fields.flatMap((field) => [lengthOf(field), field]));
}

function lengthOf(field: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(field.byteLength);
  return length;
}
