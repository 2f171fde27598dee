import {
  deriveMacKey,
  KeyedPlaces,
  sealRecord,
  StateApplier,
  type BusRecord,
  type Stray,
  type WriterPlace,
} from '#libs/bus';
import { describe, expect, it } from 'vitest';

const macKey = deriveMacKey(Buffer.alloc(32, 1));
const topic = 'identity.state.v1';
const envelope = { id: '1', source: 'identity', type: 'identity.state', time: '2026-11-23T09:00:00.000Z', schema: 1 };

function record(offset: bigint, key: string, text: string | null, place: Partial<WriterPlace> = {}): BusRecord {
  const value = text === null ? null : Buffer.from(text);
  const sealed = sealRecord(macKey, { topic, key, value, generation: 1, epoch: 1, position: 1, ...place }, envelope);
  const headers = Object.entries(sealed.headers ?? {}).map(([name, header]) => [name, Buffer.from(header)] as const);
  const at = { topic, partition: 0, offset, timestampMs: 0 };
  return { ...at, key: Buffer.from(key), value, headers: Object.fromEntries(headers) };
}

function table(options: { places?: KeyedPlaces; failOn?: string } = {}) {
  const held = new Map<string, string>();
  const strays: Stray[] = [];
  const applier = new StateApplier({
    macKey,
    ...(options.places ? { places: options.places } : {}),
    apply: (key, value) => {
      if (value && value.toString() === options.failOn) throw new Error('cannot read this');
      if (value) held.set(key, value.toString());
      else held.delete(key);
    },
    onStray: (stray) => strays.push(stray),
  });
  return { held, strays, applier, take: (...records: BusRecord[]) => records.map((r) => applier.take(r)) };
}

describe('applying state records', () => {
  it('keeps a revoked key revoked when the whole topic is delivered again', () => {
    const { held, strays, take } = table();
    const active = record(5n, 'k', 'active', { position: 40 });
    const revoked = record(9n, 'k', 'revoked', { position: 41 });
    expect(take(active, revoked, active, revoked, active)).toEqual([
      'applied',
      'applied',
      'repeated',
      'repeated',
      'repeated',
    ]);
    expect(held.get('k')).toBe('revoked');
    expect(strays).toEqual([]);
  });

  it('keeps a revoked key revoked when a paused former publisher wakes up', () => {
    const { held, strays, take } = table();
    take(record(9n, 'k', 'revoked', { epoch: 2, position: 41 }));
    take(record(12n, 'k', 'active', { epoch: 1, position: 40 }));
    take(record(13n, 'k', 'active', { epoch: 1, position: 99 }));
    take(record(14n, 'k', 'active', { epoch: 2, position: 40 }));
    expect(held.get('k')).toBe('revoked');
    expect(strays.map(({ reason, offset }) => [reason, offset])).toEqual([
      ['stale', 12n],
      ['stale', 13n],
      ['stale', 14n],
    ]);
  });

  it('keeps a deleted key deleted', () => {
    const { held, take } = table();
    take(record(1n, 'k', 'active', { position: 1 }), record(2n, 'k', null, { position: 2 }));
    take(record(3n, 'k', 'active', { position: 1 }));
    expect(held.has('k')).toBe(false);
  });

  it('takes a republished record of the same position, and a restored store of a newer generation', () => {
    const { held, take } = table();
    const first = record(1n, 'k', 'a', { epoch: 4, position: 9 });
    const republished = record(2n, 'k', 'a again', { epoch: 5, position: 9 });
    const restored = record(3n, 'k', 'restored', { generation: 2, epoch: 1, position: 3 });
    expect(take(first, republished, restored)).toEqual(['applied', 'applied', 'applied']);
    expect(held.get('k')).toBe('restored');
    expect(take(record(4n, 'k', 'of before', { epoch: 9, position: 99 }))).toEqual(['stray']);
  });

  it('ignores and reports a record whose MAC is wrong or missing, also a tombstone', () => {
    const { held, strays, take } = table();
    take(record(1n, 'k', 'active'));
    const forged = { ...record(2n, 'k', 'active', { position: 2 }), value: null };
    const unsigned = { ...record(3n, 'k', 'more rights', { position: 3 }), headers: {} };
    expect(take(forged, unsigned)).toEqual(['stray', 'stray']);
    expect(held.get('k')).toBe('active');
    expect(strays).toMatchObject([{ key: 'k', reason: 'mac/wrong' }, { reason: 'state/no-place' }]);
  });

  it('lets nothing older through after a record that could not be applied', () => {
    const { held, applier, take } = table({ failOn: 'unreadable' });
    expect(take(record(1n, 'k', 'unreadable', { position: 5 }))).toEqual(['stray']);
    expect(take(record(2n, 'k', 'active', { position: 4 }))).toEqual(['stray']);
    expect(held.has('k')).toBe(false);
    expect(applier.strays).toBe(2);
  });

  it('tells the last offset looked at, and the furthest place in force', () => {
    const { applier, take } = table();
    expect(applier.applied).toEqual({ offset: -1n, generation: 0, epoch: 0, position: 0 });
    take(record(1n, 'a', 'x', { epoch: 3, position: 10 }), record(2n, 'b', 'x', { epoch: 4, position: 7 }));
    take({ ...record(3n, 'c', 'x', { position: 99 }), headers: {} });
    expect(applier.applied).toEqual({ offset: 3n, generation: 1, epoch: 4, position: 10 });
    take(record(4n, 'a', 'x', { generation: 2, epoch: 1, position: 2 }));
    expect(applier.applied).toEqual({ offset: 4n, generation: 2, epoch: 1, position: 2 });
  });
});

describe('places', () => {
  it('forgets the oldest tombstones beyond its bound, and no living key', () => {
    const places = new KeyedPlaces(2);
    const place = { offset: 1n, generation: 1, epoch: 1, position: 1 };
    places.set('alive', place, false);
    for (const key of ['a', 'b', 'c']) places.set(key, place, true);
    expect(['alive', 'a', 'b', 'c'].map((key) => places.get(key) !== undefined)).toEqual([true, false, true, true]);
    places.set('b', { ...place, offset: 2n }, false);
    places.set('d', place, true);
    expect(places.get('b')?.offset).toBe(2n);
  });
});
