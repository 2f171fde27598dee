import type { CredentialRecord } from '#libs/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CredentialNews } from './credential-news.js';
import { CredentialReader, credentialStatus, type Credential } from './credential-reader.js';
import { CredentialTable } from './credential-table.js';
import { idOf, versionOf } from './hammered.fixture.js';

const place = { offset: 1n, generation: 1, epoch: 1, position: 1 };
const statuses = ['active', 'suspended', 'revoked'] as const;

function put(table: CredentialTable, record: CredentialRecord): void {
  table.setPlace(record.keyId, place);
  table.put(table.find(record.keyId), record, 1, 2);
}

/** A thread that takes in what it is told no sooner than it must. */
function lateReader(table: CredentialTable) {
  const untaken: CredentialNews[] = [];
  const { share } = table.share((news) => untaken.push(news));
  const catchUp = () => untaken.splice(0).forEach((news) => reader.take(news));
  const reader: CredentialReader = new CredentialReader({ share, catchUp });
  return { reader, untaken };
}

function seen(reader: CredentialReader, keyId: string): Credential | undefined {
  const slot = reader.find(keyId);
  return slot < 0 ? undefined : reader.read(slot, keyId);
}

/** What can be compared with the record that was put. */
const told = (read: Credential | undefined) =>
  read && {
    keyId: read.keyId,
    status: statuses.find((status) => credentialStatus[status] === read.status),
    ownerEpoch: read.ownerEpoch,
    labels: read.terms?.labels,
    rotatedAt: read.rare?.rotatedAt ?? null,
    expiresAt: new Date(read.expiresAtMs).toISOString(),
  };
const kept = ({ keyId, status, ownerEpoch, labels, rotatedAt, expiresAt }: CredentialRecord) => {
  return { keyId, status, ownerEpoch, labels, rotatedAt, expiresAt };
};

const step = fc.record({
  key: fc.integer({ min: 0, max: 40 }),
  version: fc.integer({ min: 0, max: 90 }),
  status: fc.constantFrom('gone', ...statuses),
  /** Keys of its own that come in one step: the index is made anew many times. */
  many: fc.constantFrom(0, 0, 0, 0, 300),
});

describe('the table of credentials', () => {
  it('answers as a plain Map of records would, to its own thread and to one that learns of nothing until it must', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const table = new CredentialTable();
        const { reader } = lateReader(table);
        const twin = new Map<string, CredentialRecord>();
        for (const [at, { key, version, status, many }] of steps.entries()) {
          const keyId = idOf('c', key);
          const records = status === 'gone' ? [] : [versionOf(keyId, version, status)];
          for (let n = 0; n < many; n += 1) records.push(versionOf(idOf('s', at * 1_000 + n), n));
          if (status === 'gone') table.remove(keyId);
          if (status === 'gone') twin.delete(keyId);
          for (const record of records) {
            put(table, record);
            twin.set(record.keyId, record);
          }
          const expected = twin.get(keyId);
          for (const each of [table, reader]) expect(told(seen(each, keyId))).toEqual(expected && kept(expected));
        }
        expect(table.size).toBe(twin.size);
        for (const record of twin.values()) expect(told(seen(reader, record.keyId))).toEqual(kept(record));
      }),
      { numRuns: 20 },
    );
  });

  it('gives nobody another key’s record by a slot that was that key’s before', () => {
    const table = new CredentialTable();
    const [former, next] = [versionOf(idOf('c', 1), 1), versionOf(idOf('c', 2), 2)];
    put(table, former);
    const slot = table.find(former.keyId);
    const sequence = table.sequence(slot);
    table.remove(former.keyId);
    put(table, next);
    expect(table.find(next.keyId)).toBe(slot);
    expect(table.read(slot, former.keyId)).toBeUndefined();
    expect(table.sequence(slot)).not.toBe(sequence);
  });

  it('takes no text for proved that was proved of the secret before, however late that is said', () => {
    const table = new CredentialTable();
    const keyId = idOf('c', 1);
    put(table, versionOf(keyId, 1));
    const slot = table.find(keyId);
    const [digest, mac] = ['a text’s digest'.padEnd(32).replace('’', "'"), table.mac(slot)];
    table.setProven(slot, digest, mac);
    expect(table.isProven(slot, digest)).toBe(true);
    put(table, versionOf(keyId, 2));
    expect(table.isProven(slot, digest)).toBe(false);
    // Another thread that was at it while the secret changed.
    table.setProven(slot, digest, mac);
    expect(table.isProven(slot, digest)).toBe(false);
  });

  it('denies a key of whose terms a thread was told nothing, and no longer than that', () => {
    const table = new CredentialTable();
    const untold: CredentialNews[] = [];
    const { share } = table.share((news) => untold.push(news));
    const reader = new CredentialReader({ share });
    put(table, versionOf(idOf('c', 1), 1));
    untold.filter(({ kind }) => kind === 'page').forEach((news) => reader.take(news));
    expect(seen(reader, idOf('c', 1))).toMatchObject({ status: credentialStatus.unreadable, terms: undefined });
    untold.filter(({ kind }) => kind !== 'page').forEach((news) => reader.take(news));
    expect(seen(reader, idOf('c', 1))).toMatchObject({ status: credentialStatus.active });
  });

  it('is whole again from a snapshot, for its own thread and others, with an index that is made once', () => {
    const table = new CredentialTable();
    const records = Array.from({ length: 1_800 }, (_, n) => versionOf(idOf('c', n), n));
    for (const record of records) put(table, record);
    for (const { keyId } of records.filter((_, n) => n % 3 === 0)) table.remove(keyId);
    const restored = new CredentialTable();
    const { reader, untaken } = lateReader(restored);
    restored.import(table.export());
    expect(untaken.filter(({ kind }) => kind === 'cells')).toHaveLength(1);
    expect(restored.size).toBe(1_200);
    const expected = records.map((record, n) => (n % 3 === 0 ? undefined : kept(record)));
    for (const each of [restored, reader]) {
      expect(records.map(({ keyId }) => told(seen(each, keyId)))).toEqual(expected);
    }
  });

  it('tells a thread that has left nothing more', () => {
    const table = new CredentialTable();
    const news: CredentialNews[] = [];
    const { end } = table.share((each) => news.push(each));
    end();
    put(table, versionOf(idOf('c', 1), 1));
    expect(news).toEqual([]);
  });

  it('remembers the latest use, whichever thread saw it', () => {
    const table = new CredentialTable();
    const { reader } = lateReader(table);
    put(table, versionOf(idOf('c', 1), 1));
    const slot = table.find(idOf('c', 1));
    reader.noteUse(slot, 7_200_000);
    table.noteUse(slot, 3_600_000);
    expect([table.usedMs(slot), reader.usedMs(slot)]).toEqual([7_200_000, 7_200_000]);
  });
});
