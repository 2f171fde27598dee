import type { CredentialRecord } from '#libs/contracts';
import { credentialStatus, type Credential } from './credential-reader.js';
import type { IdentityContent } from './identity-content.js';

const statuses = Object.fromEntries(Object.entries(credentialStatus).map(([name, number]) => [number, name]));

/** A slot's content as the record that was applied. For the thread that writes. */
export function credentialRecordOf(view: IdentityContent, held: Credential): CredentialRecord | undefined {
  const { credentials, directory } = view;
  const { slot, terms, rare } = held;
  const status = statuses[held.status];
  const owner = directory.principalNumbered(held.owner);
  const tenant = directory.tenantNumbered(held.tenant);
  if (!terms || !owner || !tenant) return undefined;
  if (status !== 'active' && status !== 'suspended' && status !== 'revoked') return undefined;
  const usedMs = credentials.usedMs(slot);
  const mac = credentials.mac(slot).toString('base64url');
  const current = { mac, pepperVersion: held.pepperVersion, until: null };
  const former = rare?.former && { ...rare.former, until: instant(rare.former.untilMs) };
  return {
    keyId: held.keyId,
    kind: held.kind,
    tenantId: tenant.id,
    ownerId: owner.id,
    ownerEpoch: held.ownerEpoch,
    status,
    secrets: former
      ? [current, { mac: former.mac, pepperVersion: former.pepperVersion, until: former.until }]
      : [current],
    restrictions: terms.restrictions,
    labels: terms.labels,
    issuedAt: new Date(held.issuedAtMs).toISOString(),
    rotatedAt: rare?.rotatedAt ?? null,
    notBefore: rare?.notBeforeMs == null ? null : instant(rare.notBeforeMs),
    expiresAt: instant(held.expiresAtMs),
    ...(rare?.rotationFailing && { rotationFailing: rare.rotationFailing }),
    ...(usedMs > 0 && { lastUsedAt: new Date(usedMs).toISOString() }),
  };
}

function instant(ms: number): string | null {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : null;
}
