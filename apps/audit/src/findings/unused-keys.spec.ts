import type { CredentialRecord, PrincipalRecord } from '#libs/contracts';
import { compile } from '#libs/decision-engine';
import { readDocument } from '#libs/policy-language';
import { describe, expect, it } from 'vitest';
import { candidateOf, findingsOf, STALE_AFTER_MS } from './unused-keys.js';

const DAY_MS = 86_400_000;
const ISSUED_MS = Date.parse('2026-01-01T00:00:00.000Z');
const iso = (ms: number) => new Date(ms).toISOString();
const snapshotOf = (...rules: object[]) => {
  const metadata = { name: 'keys', tenant: 'acme' };
  const policy = { apiVersion: 'gatehouse/v1', kind: 'KeyPolicy', metadata, spec: { rules } };
  const documents = rules.length > 0 ? [readDocument(policy)] : [];
  return compile({ tenant: 'acme', documents, platformDocuments: [], policyRevision: 1, platformRevision: 0 });
};
const key: CredentialRecord = {
  keyId: '0123456789ab',
  kind: 'pat',
  tenantId: 'acme',
  ownerId: 'user_1',
  ownerEpoch: 1,
  status: 'active',
  secrets: [{ mac: 'x', pepperVersion: 1, until: null }],
  restrictions: {},
  labels: {},
  issuedAt: iso(ISSUED_MS),
  rotatedAt: null,
  notBefore: null,
  expiresAt: null,
};
const owner = { id: 'user_1', status: 'active', epoch: 1, labels: {} } as PrincipalRecord;
const revoking = { when: {}, staleAfterSeconds: 60 * 86_400, revokeUnusedAfterSeconds: 90 * 86_400 };

/** Kinds that are found of a key after some days, with its last use after some. */
function found(days: number, used: number | null, rules: object[] = [], change: Partial<CredentialRecord> = {}) {
  const nowMs = ISSUED_MS + days * DAY_MS;
  const candidate = candidateOf(snapshotOf(...rules), { ...key, ...change }, owner, nowMs);
  if (!candidate) return [];
  return findingsOf(candidate, used === null ? null : ISSUED_MS + used * DAY_MS, nowMs).map(({ kind }) => kind);
}

describe('a key that nobody uses', () => {
  it('is stale after 60 days, counted from its issue while it was never used, and revoked by nobody without a policy', () => {
    expect(STALE_AFTER_MS).toBe(60 * DAY_MS);
    expect([found(59.999, null), found(60, null), found(400, null)]).toEqual([[], ['key-stale'], ['key-stale']]);
  });
  it('is to be revoked after the 90 days that its policy says', () => {
    expect(found(89.999, null, [revoking])).toEqual(['key-stale']);
    expect(found(90, null, [revoking])).toEqual(['key-stale', 'key-unused']);
  });
  it('begins anew with any use, whichever of its records tells of it, and with a rotation', () => {
    expect(found(100, 50, [revoking])).toEqual([]);
    expect(found(100, null, [revoking], { lastUsedAt: iso(ISSUED_MS + 50 * DAY_MS) })).toEqual([]);
    expect(found(100, null, [revoking], { rotatedAt: iso(ISSUED_MS + 50 * DAY_MS) })).toEqual([]);
    expect(found(111, 50, [revoking])).toEqual(['key-stale']);
  });
  it('is of no interest once it is dead anyway', () => {
    expect(found(100, null, [revoking], { status: 'revoked' })).toEqual([]);
    expect(found(100, null, [revoking], { expiresAt: iso(ISSUED_MS) })).toEqual([]);
    expect(found(100, null, [revoking], { ownerEpoch: 0 })).toEqual([]);
  });
  it('is the same finding each time it is found, and another one after a use', () => {
    const idOf = (days: number, used: number | null) => {
      const nowMs = ISSUED_MS + days * DAY_MS;
      const candidate = candidateOf(snapshotOf(), key, owner, nowMs);
      if (!candidate) throw new Error('no candidate');
      return findingsOf(candidate, used === null ? null : ISSUED_MS + used * DAY_MS, nowMs)[0]?.findingId;
    };
    expect(idOf(61, null)).toBe(idOf(75, null));
    expect(idOf(75, 10)).not.toBe(idOf(75, null));
  });
});
