import { shownSchedule } from '../rotations/rotation-body.js';
import type { KeyRow } from './key-list.projection.js';

/** A key as the API shows one. `usedAt` is its last use, to the minute. Expiry and the end of an overlap are read off the clock, not stored. */
export function shownKey(row: KeyRow, nowIso: string, usedAt: string | null = null) {
  const expired = row.status === 'active' && row.expiresAt !== null && row.expiresAt <= nowIso;
  return {
    object: 'api_key',
    id: row.id,
    name: row.name,
    owner: ownerSubject(row),
    kind: row.kind,
    status: expired ? 'expired' : row.status,
    leaked: row.leaked,
    redacted_value: row.redacted,
    restrictions: row.restrictions,
    labels: row.labels,
    created_at: row.createdAt,
    rotated_at: row.rotatedAt,
    overlap_until: row.overlapUntil !== null && row.overlapUntil > nowIso ? row.overlapUntil : null,
    not_before: row.notBefore,
    expires_at: row.expiresAt,
    last_used_at: usedAt,
    rotation: shownRotation(row),
    ...(row.revokedCause && { revocation_cause: row.revokedCause }),
  };
}

function shownRotation({ rotation }: KeyRow) {
  if (!rotation) return null;
  const { nextAt: next_at, failures, ofAccount = false } = rotation;
  return { ...shownSchedule(rotation), next_at, failures, of_account: ofAccount };
}

/** What is authorised when somebody asks for a key: whose it is decides. */
export function keyResource({ id, tenantId, ownerId }: Pick<KeyRow, 'id' | 'tenantId' | 'ownerId'>) {
  return { type: 'key', path: id, tenant: tenantId, owner: ownerId };
}

/** Whom the key acts as, in the form that `Principals` reads. */
export function ownerSubject({ ownerId }: Pick<KeyRow, 'ownerId'>): string {
  return ownerId.startsWith('user_') ? `user:${ownerId}` : `virtual-account:${ownerId}`;
}
