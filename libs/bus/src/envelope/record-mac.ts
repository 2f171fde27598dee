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

const LABEL = Buffer.from(PURPOSE);
const LENGTH_BYTES = 4;
const NUMBERS_BYTES = 24;
const FIELDS = 6;

/**
 * Every field is preceded by its length (4 bytes), and a tombstone differs from an empty value, so that no two records
 * have the same form: label, topic, key, numbers (8 bytes each: generation, epoch, position), presence of a value (one
 * byte), value. Numbers are big endian. One buffer, because a replay does this a million times.
 */
function canonical({ topic, key, value, generation, epoch, position }: StateRecord): Buffer {
  const [topicBytes, keyBytes, valueBytes] = [Buffer.byteLength(topic), Buffer.byteLength(key), value?.length ?? 0];
  const variable = LABEL.length + topicBytes + keyBytes + valueBytes;
  const form = Buffer.allocUnsafe(FIELDS * LENGTH_BYTES + NUMBERS_BYTES + 1 + variable);
  let at = form.writeUInt32BE(LABEL.length, 0);
  at += LABEL.copy(form, at);
  at = form.writeUInt32BE(topicBytes, at);
  at += form.write(topic, at, 'utf8');
  at = form.writeUInt32BE(keyBytes, at);
  at += form.write(key, at, 'utf8');
  at = form.writeUInt32BE(NUMBERS_BYTES, at);
  for (const number of [generation, epoch, position]) at = form.writeBigUInt64BE(BigInt(number), at);
  at = form.writeUInt32BE(1, at);
  at = form.writeUInt8(value === null ? 0 : 1, at);
  at = form.writeUInt32BE(valueBytes, at);
  value?.copy(form, at);
  return form;
}
