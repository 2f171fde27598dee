import { apiKeyEvents, type ApiKeyEvent, type KeyKind, type KeyRestrictions, type Labels } from '#libs/contracts';
import type { ListProjection } from '#libs/decider';

/** `name` is null once its owner was erased. `status` does not know of expiry: that is the reader's clock's. */
export type KeyRow = {
  id: string;
  tenantId: string;
  kind: KeyKind;
  ownerId: string;
  name: string | null;
  redacted: string;
  status: 'active' | 'suspended' | 'revoked';
  leaked: boolean;
  restrictions: KeyRestrictions;
  labels: Labels;
  createdAt: string;
  rotatedAt: string | null;
  overlapUntil: string | null;
  notBefore: string | null;
  expiresAt: string | null;
  /** When it was revoked, and the place of that event in the store: what proofs of propagation are about. */
  revokedAt: string | null;
  revokedPosition: number | null;
  /** Set where a policy revoked it, and nobody by hand. */
  revokedCause?: 'unused';
  /** Where it rotates by itself: how often, and when the next time is due. */
  rotation?: KeyRotation;
};
export type KeyRotation = {
  everySeconds: number;
  overlapSeconds: number;
  sink: string;
  nextAt: string;
  /** One after the other; 0 once it has worked. */
  failures: number;
  /** A secret was prepared then, and nobody has said yet whether the sink has it. */
  preparedAt: string | null;
  /** Because all keys of its account do. */
  ofAccount?: true;
};

const unrevoked = { revokedAt: null, revokedPosition: null };

export const keyList: ListProjection<ApiKeyEvent, KeyRow> = {
  name: 'key_list_v1',
  types: apiKeyEvents.map((event) => event.type),
  place: ({ data }) => ({ id: data.keyId, tenantId: data.tenantId }),
  project: (held, event, { position }, open) => {
    switch (event.type) {
      case 'identity.api-key.issued': {
        const { keyId: id, at, mac: _mac, pepperVersion: _version, ownerEpoch: _epoch, name, ...shown } = event.data;
        const fresh = { status: 'active', leaked: false, rotatedAt: null, overlapUntil: null, ...unrevoked } as const;
        return { ...shown, ...fresh, id, name: open(name) ?? null, createdAt: at };
      }
      case 'identity.api-key.rotated': {
        const { redacted, overlapUntil, expiresAt, at } = event.data;
        return held && again({ ...held, redacted, overlapUntil, expiresAt, rotatedAt: at }, at);
      }
      case 'identity.api-key.suspended':
        return held && { ...held, status: 'suspended', leaked: event.data.leaked };
      case 'identity.api-key.resumed':
        return held && { ...held, status: 'active', leaked: false };
      case 'identity.api-key.revoked':
        return held && revoked(held, event.data, position);
      case 'identity.api-key.rotation-scheduled': {
        const { rotation: _, ...row } = held ?? ({} as KeyRow);
        const { schedule, ofAccount } = event.data;
        if (!held || !schedule) return held && row;
        const since = held.rotatedAt ?? held.createdAt;
        const rotation = { ...schedule, nextAt: since, failures: 0, preparedAt: null, ...(ofAccount && { ofAccount }) };
        return again({ ...row, rotation }, since);
      }
      case 'identity.api-key.rotation-prepared':
        return held?.rotation ? { ...held, rotation: { ...held.rotation, preparedAt: event.data.at } } : held;
      case 'identity.api-key.rotation-failed': {
        const { nextAt, failures } = event.data;
        return held?.rotation ? { ...held, rotation: { ...held.rotation, nextAt, failures, preparedAt: null } } : held;
      }
      // The list has the last use from a table of its own, to the minute.
      case 'identity.api-key.used':
        return held;
    }
  },
};

function revoked(held: KeyRow, { at, cause }: { at: string; cause?: 'unused' | undefined }, position: number): KeyRow {
  return {
    ...held,
    status: 'revoked',
    revokedAt: at,
    revokedPosition: position,
    ...(cause && { revokedCause: cause }),
  };
}

/** The next time, counted from `at`. */
function again(row: KeyRow, at: string): KeyRow {
  if (!row.rotation) return row;
  const nextAt = new Date(Date.parse(at) + row.rotation.everySeconds * 1000).toISOString();
  return { ...row, rotation: { ...row.rotation, nextAt, failures: 0, preparedAt: null } };
}
