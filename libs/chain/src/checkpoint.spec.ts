import { generateKeyPairSync, verify } from 'node:crypto';
import type { Checkpoint, SignedCheckpoint } from '#libs/contracts';
import { canonicalize } from 'json-canonicalize';
import { describe, expect, it } from 'vitest';
import { checkpointDigest, checkpointKey, isSigned, signCheckpoint } from './checkpoint.js';
import { trustedSeries } from './checkpoint-series.js';

const key = checkpointKey(Buffer.alloc(32, 7));
const place = { partition: 0, offset: 1, index: 0 };
const segment = { table: 'decisions', topic: 't', day: '2026-11-01', rows: 1, first: place, last: place } as const;
const plain = (number: number, former: string): Checkpoint => ({
  tenantId: 'acme',
  number,
  at: `2026-11-0${number}T09:00:00.000Z`,
  former,
  segments: [{ ...segment, former: '', head: 'a'.repeat(64) }],
  written: [],
});
const one = signCheckpoint(plain(1, ''), key);
const two = signCheckpoint(plain(2, checkpointDigest(one)), key);
const three = signCheckpoint(plain(3, checkpointDigest(two)), key);
const series = (...given: SignedCheckpoint[]) => {
  const { trusted, fault } = trustedSeries(given, [key.publicKey]);
  return { trusted: trusted.map(({ number }) => number), fault };
};

describe('a signature', () => {
  it('is of the key that is made of the secret, the same each time', () => {
    expect(checkpointKey(Buffer.alloc(32, 7)).keyId).toBe(key.keyId);
    expect(checkpointKey(Buffer.alloc(32, 8)).keyId).not.toBe(key.keyId);
    expect(isSigned(one, [generateKeyPairSync('ed25519').publicKey, key.publicKey])).toBe(true);
  });
  it('is of every part of the checkpoint, and of nothing that another key signs', () => {
    const changed = { ...one, segments: [{ ...segment, former: '', head: 'b'.repeat(64) }] };
    expect(isSigned(changed, [key.publicKey])).toBe(false);
    expect(isSigned({ ...one, tenantId: 'globex' }, [key.publicKey])).toBe(false);
    expect(isSigned(one, [checkpointKey(Buffer.alloc(32, 8)).publicKey])).toBe(false);
    expect(isSigned(one, [])).toBe(false);
  });
});

it('is of the numbers that are stated, and that of one without any is the one it was before there were numbers', () => {
  const stated = { topic: 't', partition: 0, end: 1, since: '2026-11-01', writers: [] };
  const stating = signCheckpoint({ ...plain(1, ''), written: [stated] }, key);
  expect(isSigned(stating, [key.publicKey])).toBe(true);
  expect(isSigned({ ...stating, written: [] }, [key.publicKey])).toBe(false);
  expect(isSigned({ ...stating, written: [{ ...stated, end: 2 }] }, [key.publicKey])).toBe(false);
  const { tenantId, number, at, former, segments } = one;
  const text = `gatehouse-checkpoint-v1\n${canonicalize({ tenantId, number, at, former, segments })}`;
  expect(verify(null, Buffer.from(text), key.publicKey, Buffer.from(one.signature, 'base64url'))).toBe(true);
});

describe('a series of checkpoints', () => {
  it('is trusted in any order, and with copies of the same', () => {
    expect(series(three, one, two, { ...two })).toEqual({ trusted: [1, 2, 3], fault: undefined });
  });
  it('is trusted up to the first that is missing, forged, linked to another or there twice', () => {
    const forged = { ...two, at: '2026-11-09T09:00:00.000Z' };
    const unlinked = signCheckpoint(plain(2, 'f'.repeat(64)), key);
    expect(series(one, three)).toEqual({ trusted: [1], fault: { kind: 'checkpoint_missing', number: 2 } });
    expect(series(two)).toEqual({ trusted: [], fault: { kind: 'checkpoint_missing', number: 1 } });
    expect(series(one, forged)).toEqual({ trusted: [1], fault: { kind: 'checkpoint_forged', number: 2 } });
    expect(series(one, unlinked)).toEqual({ trusted: [1], fault: { kind: 'checkpoint_unlinked', number: 2 } });
    expect(series(one, two, unlinked)).toEqual({ trusted: [1], fault: { kind: 'checkpoint_twice', number: 2 } });
  });
});
