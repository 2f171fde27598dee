import type { CredentialRecord, Finding, PrincipalRecord } from '#libs/contracts';
import { keyBounds, type TenantSnapshot } from '#libs/decision-engine';
import { findingId } from './finding-id.js';

/** A living key whose policy wanted it rotated by now, whether the policy warns or refuses. */
export function overdueRotation(
  snapshot: TenantSnapshot,
  key: CredentialRecord,
  owner: PrincipalRecord,
  nowMs: number,
): readonly Finding[] {
  const isAlive = key.status === 'active' && (key.expiresAt === null || Date.parse(key.expiresAt) > nowMs);
  if (!isAlive || owner.status === 'deleted' || owner.epoch !== key.ownerEpoch) return [];
  const { kind, labels, keyId, ownerId, tenantId } = key;
  const due = keyBounds(snapshot, { kind, labels, ownerLabels: owner.labels })?.rotationWarned;
  const since = key.rotatedAt ?? key.issuedAt;
  if (!due || nowMs - Date.parse(since) < due.ms) return [];
  const id = findingId('rotation-overdue', keyId, since);
  const dueAt = new Date(Date.parse(since) + due.ms).toISOString();
  const at = new Date(nowMs).toISOString();
  return [{ kind: 'rotation-overdue', findingId: id, tenantId, at, keyId, ownerId, dueAt, rule: due.rule }];
}
