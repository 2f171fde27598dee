import type { CredentialRecord, Finding, PrincipalRecord } from '#libs/contracts';
import { keyBounds, type KeyBound, type TenantSnapshot } from '#libs/decision-engine';
import { findingId } from './finding-id.js';

/** Where no KeyPolicy says otherwise a key becomes a finding after 60 days without use. */
export const STALE_AFTER_MS = 60 * 86_400_000;
const BY_DEFAULT: KeyBound = { ms: STALE_AFTER_MS, rule: '' };

/** A key that may have been unused for too long, unless the record of its uses says otherwise. */
export type Candidate = {
  readonly key: CredentialRecord;
  readonly stale: KeyBound;
  readonly revoked: KeyBound | undefined;
  /** From when its time without use is counted, as far as its own record says; ms since 1970. */
  readonly sinceMs: number;
};

/** Undefined for a key that is young enough, or in use by what its record says, or dead anyway. */
export function candidateOf(
  snapshot: TenantSnapshot,
  key: CredentialRecord,
  owner: PrincipalRecord,
  nowMs: number,
): Candidate | undefined {
  const isAlive = key.status === 'active' && (key.expiresAt === null || Date.parse(key.expiresAt) > nowMs);
  if (!isAlive || owner.status === 'deleted' || owner.epoch !== key.ownerEpoch) return undefined;
  const bounds = keyBounds(snapshot, { kind: key.kind, labels: key.labels, ownerLabels: owner.labels });
  const stale = bounds?.stale ?? BY_DEFAULT;
  const revoked = bounds?.unusedRevoked;
  const used = key.lastUsedAt === undefined ? 0 : Date.parse(key.lastUsedAt);
  const sinceMs = Math.max(Date.parse(key.rotatedAt ?? key.issuedAt), used);
  return nowMs - sinceMs >= Math.min(stale.ms, revoked?.ms ?? Infinity) ? { key, stale, revoked, sinceMs } : undefined;
}

/** What is to be told of a candidate, with its last use as the decisions tell it; null for never. */
export function findingsOf(candidate: Candidate, usedMs: number | null, nowMs: number): readonly Finding[] {
  const { key, stale, revoked } = candidate;
  const sinceMs = Math.max(candidate.sinceMs, usedMs ?? 0);
  const unusedSince = new Date(sinceMs).toISOString();
  const about = {
    tenantId: key.tenantId,
    at: new Date(nowMs).toISOString(),
    keyId: key.keyId,
    ownerId: key.ownerId,
    unusedSince,
    lastUsedAt: usedMs === null ? null : new Date(usedMs).toISOString(),
  };
  const over = (bound: KeyBound | undefined) => bound !== undefined && nowMs - sinceMs >= bound.ms;
  const found = (kind: 'key-stale' | 'key-unused', { rule }: KeyBound): Finding => {
    return { kind, findingId: findingId(kind, key.keyId, unusedSince), ...about, rule };
  };
  return [
    ...(over(stale) ? [found('key-stale', stale)] : []),
    ...(revoked && over(revoked) ? [found('key-unused', revoked)] : []),
  ];
}
