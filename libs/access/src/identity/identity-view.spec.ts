import { credentialKey, principalKey, tenantKey } from '#libs/contracts';
import { describe, expect, it } from 'vitest';
import { mintKeyText } from '../keys/key-text.js';
import { acme, ada, adasKey, Applier, credentialOf } from './identity.fixture.js';
import { IdentityView } from './identity-view.js';

describe('the view of identity', () => {
  it('gives back each record as it was applied', () => {
    const { applier, key } = adasKey({
      restrictions: { models: ['local/*'] },
      labels: { purpose: 'ci' },
      notBefore: '2026-11-02T00:00:00.000Z',
      rotatedAt: '2026-11-03T00:00:00.000Z',
      expiresAt: '2027-01-01T00:00:00.500Z',
    });
    const record = { ...applier.view.credential(key.keyId) };
    expect(record).toMatchObject({ restrictions: { models: ['local/*'] }, labels: { purpose: 'ci' } });
    expect(record).toEqual(credentialOf(key, record));
    expect(applier.view.principal(ada.id)).toEqual(ada);
    expect(applier.view.tenant('acme')).toEqual(acme);
    expect(applier.view.tenants()).toEqual(['acme']);
  });

  it('keeps a thousand keys apart, also after some were removed', () => {
    const applier = new Applier();
    const keys = Array.from({ length: 3_000 }, () => mintKeyText('pat', 'p'));
    for (const key of keys) applier.credential(credentialOf(key, { labels: { n: key.keyId } }));
    for (const key of keys.slice(0, 1_500)) applier.put(credentialKey(key.keyId), null);
    for (const key of keys.slice(0, 500))
      applier.credential(credentialOf(key, { labels: { n: `again ${key.keyId}` } }));
    expect(applier.view.counts().credentials).toBe(2_000);
    for (const [at, { keyId }] of keys.entries()) {
      const expected = at < 500 ? `again ${keyId}` : keyId;
      expect(applier.view.credential(keyId)?.labels['n']).toBe(at >= 500 && at < 1_500 ? undefined : expected);
    }
  });

  it('finds users by address in any case and virtual accounts by name, in their own tenant only', () => {
    const { applier } = adasKey();
    const etl = { ...ada, id: 'va_etl', kind: 'virtual-account' as const, name: 'etl', email: null };
    applier.principal(etl);
    expect(applier.view.principalByEmail('acme', 'Ada@ACME.example')?.id).toBe(ada.id);
    expect(applier.view.virtualAccountByName('acme', 'etl')?.id).toBe('va_etl');
    expect(applier.view.principalByEmail('globex', 'ada@acme.example')).toBeUndefined();
    expect(applier.view.virtualAccountByName('acme', 'ada@acme.example')).toBeUndefined();
  });

  it('forgets a name with its owner, and gives it to whoever has it next', () => {
    const { applier } = adasKey();
    applier.principal({ ...ada, email: 'ada.l@acme.example' });
    expect(applier.view.principalByEmail('acme', 'ada@acme.example')).toBeUndefined();
    applier.principal({ ...ada, id: 'user_new' });
    applier.principal({ ...ada, status: 'deleted', email: null });
    expect(applier.view.principalByEmail('acme', 'ada@acme.example')?.id).toBe('user_new');
    expect(applier.view.principalByEmail('acme', 'ada.l@acme.example')).toBeUndefined();
  });

  it('denies only what an unreadable record names', () => {
    const { applier, key } = adasKey();
    const other = mintKeyText('pat', 'p');
    applier.credential(credentialOf(other));
    applier.put(credentialKey(key.keyId), '{"status":"act');
    applier.put(principalKey('user_bad'), '{}');
    applier.put(tenantKey('globex'), '[]');
    expect(applier.view.credential(key.keyId)).toBeUndefined();
    expect(applier.view.credential(other.keyId)?.status).toBe('active');
    expect(applier.view.principal('user_bad')).toBeUndefined();
    expect(applier.view.tenantIsActive('globex')).toBe(false);
    expect(applier.view.tenantIsActive('acme')).toBe(true);
    expect(applier.view.counts().unreadable).toBe(3);
  });

  it('does not take a record that is of another key than it stands under', () => {
    const { applier, key } = adasKey();
    const other = mintKeyText('pat', 'p');
    applier.put(credentialKey(other.keyId), credentialOf(key));
    applier.put(principalKey('user_eve'), ada);
    expect(applier.view.credential(other.keyId)).toBeUndefined();
    expect(applier.view.principal('user_eve')).toBeUndefined();
  });

  it('leaves a revoked key revoked when an unreadable record follows', () => {
    const { applier, key } = adasKey({ status: 'revoked' });
    applier.put(credentialKey(key.keyId), 'nonsense');
    expect(applier.view.credential(key.keyId)?.status).toBe('revoked');
  });

  it('stops at a key of no known form, and passes over kinds that it does not read', () => {
    const { applier } = adasKey();
    applier.put('session/token-1', { at: 1 });
    applier.put('watermark', { at: 1 });
    expect(() => applier.put('???', {})).toThrow('no known form');
  });

  it('needs a record of every tenant but the platform’s', () => {
    const view = new IdentityView();
    expect(view.tenantIsActive('platform')).toBe(true);
    expect(view.tenantIsActive('acme')).toBe(false);
  });

  it('is the same after a snapshot, places included, without the digest of any text', () => {
    const { applier, key } = adasKey({ labels: { odd: '-Infinity' }, notBefore: '2026-11-02T00:00:00.000Z' });
    const gone = mintKeyText('pat', 'p');
    applier.credential(credentialOf(gone));
    applier.put(credentialKey(gone.keyId), null);
    applier.team({ id: 'acme/crew', status: 'suspended' });
    applier.put('team/acme/odd', '?');
    const { credentials } = applier.view;
    const held = credentials.find(key.keyId);
    credentials.setProven(held, 'x'.repeat(32), credentials.mac(held));

    const restored = new IdentityView();
    restored.import(applier.view.export());
    expect(restored.credential(key.keyId)).toEqual(applier.view.credential(key.keyId));
    expect(restored.counts()).toEqual({ ...applier.view.counts(), unreadable: 0 });
    expect(restored.principalByEmail('acme', 'ada@acme.example')).toEqual(ada);
    const isStopped = (ownerTeam: string) => !restored.ownerIsActive({ ...ada, ownerTeam });
    expect(['crew', 'odd', 'else'].map(isStopped)).toEqual([true, true, false]);
    for (const each of [credentialKey(key.keyId), principalKey(ada.id), tenantKey('acme'), 'team/acme/crew']) {
      expect(restored.get(each)).toEqual(applier.view.get(each));
    }
    const slot = restored.credentials.find(key.keyId);
    expect(credentials.isProven(held, 'x'.repeat(32))).toBe(true);
    expect(restored.credentials.isProven(slot, 'x'.repeat(32))).toBe(false);
  });
});
