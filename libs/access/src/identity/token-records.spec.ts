import {
  clientKey,
  issuerKey,
  OWN_ISSUER_ID,
  revocationKey,
  type ClientRecord,
  type IssuerRecord,
  type RevocationRecord,
} from '#libs/contracts';
import { describe, expect, it } from 'vitest';
import { Applier, NOW_MS } from './identity.fixture.js';
import { IdentityView } from './identity-view.js';
import { RecordTable } from './record-table.js';
import { RevocationTable } from './revocation-table.js';

const issuer: IssuerRecord = {
  id: OWN_ISSUER_ID,
  tenantId: 'platform',
  status: 'active',
  issuer: 'https://identity.example',
  audiences: [],
  tokenTypes: ['at+jwt'],
  keys: [{ kid: 'k1', algorithm: 'ES256', jwk: { kty: 'EC', crv: 'P-256', x: 'eA', y: 'eQ' } }],
  keysUntil: null,
  lifetimeSecondsMax: 3_600,
  notBefore: null,
  mappings: [],
};
const client: ClientRecord = {
  id: 'client_1',
  tenantId: 'acme',
  status: 'active',
  virtualAccountId: null,
  notBefore: null,
};
const iso = (ms: number) => new Date(ms).toISOString();
const place = { offset: 1n, generation: 1, epoch: 1, position: 1 };

describe('the view of issuers and clients', () => {
  it('gives back each record as it was applied, until its tombstone, and keeps its place beyond', () => {
    const applier = new Applier();
    applier.issuer(issuer);
    applier.client(client);
    expect(applier.view.issuers.find(issuer.id)).toEqual(issuer);
    expect(applier.view.clients.find(client.id)).toEqual(client);
    applier.put(clientKey(client.id), null);
    expect(applier.view.clients.find(client.id)).toBeUndefined();
    expect(applier.view.get(clientKey(client.id))?.offset).toBe(3n);
  });

  it.each(['{', '{}', JSON.stringify({ ...issuer, id: 'another' }), JSON.stringify({ ...issuer, keys: 'none' })])(
    'does not go on with the former record when one comes that cannot be read: %s',
    (text) => {
      const applier = new Applier();
      applier.issuer(issuer);
      applier.client(client);
      applier.put(issuerKey(issuer.id), text);
      expect(applier.view.issuers.find(issuer.id)).toBeUndefined();
      expect(applier.view.clients.find(client.id)).toBeDefined();
      expect(applier.view.counts().unreadable).toBe(1);
    },
  );

  it('has no room for more than its bound, and knows nothing of what is beyond', () => {
    const table = new RecordTable({ parse: (value) => value as { id: string } }, 2);
    for (const id of ['a', 'b', 'c']) {
      table.setPlace(id, place);
      table.apply(id, Buffer.from(JSON.stringify({ id })));
    }
    expect([...table.records()].map(({ id }) => id)).toEqual(['a', 'b']);
    expect(table.find('c')).toBeUndefined();
  });
});

describe('revocations', () => {
  it('end what was issued up to their very moment, of their own kind and id alone', () => {
    const applier = new Applier();
    applier.revoke('grant', 'g1', NOW_MS);
    const { revocations } = applier.view;
    expect(revocations.ends('grant/g1', NOW_MS)).toBe(true);
    expect(revocations.ends('grant/g1', NOW_MS - 1)).toBe(true);
    expect(revocations.ends('grant/g1', NOW_MS + 1)).toBe(false);
    expect(revocations.ends('token/g1', NOW_MS)).toBe(false);
    expect(revocations.ends('grant/g2', NOW_MS)).toBe(false);
  });

  it.each(['{', '{}', JSON.stringify({ kind: 'grant', id: 'g2', tenantId: 'acme', at: iso(0), until: iso(0) })])(
    'end everything of their key when they cannot be read: %s',
    (text) => {
      const applier = new Applier();
      applier.revoke('grant', 'g1', NOW_MS - 60_000);
      applier.put(revocationKey('grant', 'g1'), text);
      expect(applier.view.revocations.ends('grant/g1', NOW_MS)).toBe(true);
      expect(applier.view.revocations.ends('grant/g2', NOW_MS)).toBe(false);
    },
  );

  const table = (entriesMax: number) => {
    let nowMs = NOW_MS;
    const revocations = new RevocationTable(() => nowMs, entriesMax);
    const revoke = (id: string, atMs: number, untilMs: number) => {
      const record: RevocationRecord = { kind: 'token', id, tenantId: 'acme', at: iso(atMs), until: iso(untilMs) };
      revocations.setPlace(`token/${id}`, place);
      revocations.apply(`token/${id}`, Buffer.from(JSON.stringify(record)));
    };
    return { revocations, revoke, passes: (ms: number) => (nowMs += ms) };
  };

  it('cost nothing once every token that they could concern has expired', () => {
    const { revocations, revoke, passes } = table(100_000);
    revoke('late', NOW_MS - 2, NOW_MS);
    expect(revocations.size).toBe(0);
    for (let round = 0; round < 50; round += 1) {
      for (let n = 0; n < 1_000; n += 1) revoke(`${round}-${n}`, NOW_MS + round, NOW_MS + round * 1_000 + 500);
      passes(1_000);
    }
    expect(revocations.size).toBeLessThan(3_000);
  });

  it('beyond what can be held, end everything issued until then, and not what comes after', () => {
    const { revocations, revoke } = table(10);
    for (let n = 0; n < 25; n += 1) revoke(`t${n}`, NOW_MS - 100 + n, NOW_MS + 3_600_000);
    expect(revocations.size).toBeLessThanOrEqual(10);
    for (let n = 0; n < 25; n += 1) expect(revocations.ends(`token/t${n}`, NOW_MS - 100 + n)).toBe(true);
    expect(revocations.ends('token/another', NOW_MS - 95)).toBe(true);
    expect(revocations.ends('token/another', NOW_MS)).toBe(false);
  });

  it('of which too many cannot be read, end everything', () => {
    const { revocations } = table(10);
    for (let n = 0; n < 25; n += 1) {
      revocations.setPlace(`token/t${n}`, place);
      revocations.apply(`token/t${n}`, Buffer.from('?'));
    }
    expect(revocations.size).toBeLessThanOrEqual(10);
    expect(revocations.ends('token/another', NOW_MS + 1e9)).toBe(true);
  });
});

it('stands in a snapshot with its places, and one of a former release is refused', () => {
  const applier = new Applier();
  applier.issuer(issuer);
  applier.client(client);
  applier.revoke('session', 's1');
  applier.put(revocationKey('token', 't1'), '?');
  applier.put(issuerKey('broken'), '?');
  const chunks = applier.view.export();
  const restored = new IdentityView(() => NOW_MS);
  restored.import(chunks);
  expect(restored.issuers.find(issuer.id)).toEqual(issuer);
  expect(restored.clients.find(client.id)).toEqual(client);
  expect(restored.revocations.ends('session/s1', NOW_MS)).toBe(true);
  expect(restored.revocations.ends('session/s1', NOW_MS + 1)).toBe(false);
  expect(restored.revocations.ends('token/t1', NOW_MS + 1e9)).toBe(true);
  const keys = [
    issuerKey(issuer.id),
    issuerKey('broken'),
    clientKey(client.id),
    revocationKey('session', 's1'),
    revocationKey('token', 't1'),
  ];
  for (const key of keys) {
    expect(restored.get(key)).toEqual(applier.view.get(key));
    expect(restored.get(key)).toBeDefined();
  }
  const { version: _, ...older } = JSON.parse(String(chunks[0]?.bytes)) as { version: number };
  const former = [{ name: 'identity', bytes: Buffer.from(JSON.stringify({ ...older, version: 1 })) }];
  expect(() => new IdentityView().import(former)).toThrow('another version');
});
