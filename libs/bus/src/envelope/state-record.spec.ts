import { deriveMacKey, recordMac, sealRecord, verifyRecord, type BusRecord, type StateRecord } from '#libs/bus';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const busKey = Buffer.alloc(32, 7);
const mac = deriveMacKey(busKey);
const envelope = { id: '1', source: 'identity', type: 'identity.state', time: '2026-11-23T09:00:00.000Z', schema: 1 };
const record: StateRecord = {
  topic: 'identity.state.v1',
  key: 'credential/k1',
  value: Buffer.from('{"status":"revoked"}'),
  generation: 1,
  epoch: 2,
  position: 41,
};

function received(sealed: StateRecord): BusRecord {
  const sent = sealRecord(mac, sealed, envelope);
  const headers = Object.entries(sent.headers ?? {}).map(([name, value]) => [name, Buffer.from(value)] as const);
  const { topic, key, value } = sealed;
  const at = { topic, partition: 0, offset: 9n, timestampMs: 0 };
  return { ...at, key: Buffer.from(key), value, headers: Object.fromEntries(headers) };
}

describe('a sealed state record', () => {
  it('is verified, tombstones and watermarks alike', () => {
    for (const value of [record.value, null, Buffer.of()]) {
      expect(verifyRecord(mac, received({ ...record, value }))).toEqual({ ok: true, record: { ...record, value } });
    }
  });

  const otherTopic = (r: BusRecord): BusRecord => ({ ...r, topic: 'policy.state.v1' });
  const withHeader = (name: string, value: string) => (r: BusRecord) => {
    return { ...r, headers: { ...r.headers, [name]: Buffer.from(value) } };
  };
  it.each([
    ['moved to another topic', otherTopic],
    ['under another key', (r: BusRecord) => ({ ...r, key: Buffer.from('credential/k2') })],
    ['with another value', (r: BusRecord) => ({ ...r, value: Buffer.from('{"status":"active"}') })],
    ['turned into a tombstone', (r: BusRecord) => ({ ...r, value: null })],
    ['of a later position', withHeader('gh_position', '42')],
    ['of a later epoch', withHeader('gh_epoch', '3')],
    ['of a later generation', withHeader('gh_generation', '2')],
    ['with a shortened MAC', (r: BusRecord) => withHeader('gh_mac', String(r.headers.gh_mac).slice(0, 10))(r)],
  ])('is a stray when it is found %s', (_, forge) => {
    expect(verifyRecord(mac, forge(received(record)))).toEqual({ ok: false, reason: 'mac/wrong' });
  });

  it('is a stray without MAC, key or place, or under another bus key', () => {
    const whole = received(record);
    const { gh_mac: _, ...unsigned } = whole.headers;
    expect(verifyRecord(mac, { ...whole, headers: unsigned })).toEqual({ ok: false, reason: 'mac/missing' });
    expect(verifyRecord(mac, { ...whole, key: null })).toEqual({ ok: false, reason: 'state/no-key' });
    expect(verifyRecord(mac, withHeader('gh_epoch', 'x')(whole))).toEqual({ ok: false, reason: 'state/no-place' });
    expect(verifyRecord(deriveMacKey(Buffer.alloc(32, 8)), whole)).toEqual({ ok: false, reason: 'mac/wrong' });
  });
});

describe('the MAC', () => {
  const fields = fc.record({
    topic: fc.string(),
    key: fc.string(),
    value: fc.option(fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes))),
    generation: fc.nat({ max: 3 }),
    epoch: fc.nat({ max: 3 }),
    position: fc.maxSafeNat(),
  });

  it('differs for records that differ, wherever their bytes might be shifted', () => {
    fc.assert(
      fc.property(fields, fields, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        return recordMac(mac, a).equals(recordMac(mac, b)) === same;
      }),
    );
    const shifted = { ...record, topic: `${record.topic}c`, key: record.key.slice(1) };
    expect(recordMac(mac, shifted)).not.toEqual(recordMac(mac, record));
  });

  it('stays what it was: other versions of a service have to verify it', () => {
    expect(recordMac(mac, record).toString('hex')).toMatchInlineSnapshot(
      `"c5bc329ca398daeb4d4e680b955370670b2b7a1d4ea41438bd123679d6a297b3"`,
    );
  });

  it('is made with a key derived from a bus key of at least 32 bytes', () => {
    expect(() => deriveMacKey(Buffer.alloc(31))).toThrow(RangeError);
    expect(mac.key.export()).not.toEqual(busKey);
  });
});
