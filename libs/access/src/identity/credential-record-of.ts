import type { CredentialRecord } from '#libs/contracts';
import { credentialStatus } from './credential-table.js';
import type { IdentityContent } from './identity-content.js';

const statuses = Object.fromEntries(Object.entries(credentialStatus).map(([name, number]) => [number, name]));

/** A slot as the record that was applied. */
export function credentialRecordOf(view: IdentityContent, slot: number): CredentialRecord | undefined {
  const { credentials, directory } = view;
  const { slots } = credentials;
  const status = statuses[slots.status(slot)];
  const terms = credentials.termsOf(slot);
  const owner = directory.principalNumbered(slots.word(slot, 'owner'));
  const tenant = directory.tenantNumbered(slots.word(slot, 'tenant'));
  if (!terms || !owner || !tenant) return undefined;
  if (status !== 'active' && status !== 'suspended' && status !== 'revoked') return undefined;
  const rare = credentials.rareOf(slot);
  const usedMs = credentials.uses.of(slot);
  const mac = Buffer.from(slots.mac(slot)).toString('base64url');
  const current = { mac, pepperVersion: slots.pepperVersion(slot), until: null };
  const former = rare?.former && { ...rare.former, until: instant(rare.former.untilMs) };
  return {
    keyId: slots.id(slot),
    kind: credentials.keyKind(slot),
    tenantId: tenant.id,
    ownerId: owner.id,
    ownerEpoch: slots.word(slot, 'ownerEpoch'),
    status,
    secrets: former
      ? [current, { mac: former.mac, pepperVersion: former.pepperVersion, until: former.until }]
      : [current],
    restrictions: terms.restrictions,
    labels: terms.labels,
    issuedAt: new Date(slots.double(slot, 'issuedAtMs')).toISOString(),
    rotatedAt: rare?.rotatedAt ?? null,
    notBefore: rare?.notBeforeMs == null ? null : instant(rare.notBeforeMs),
    expiresAt: instant(slots.double(slot, 'expiresAtMs')),
    ...(rare?.rotationFailing && { rotationFailing: rare.rotationFailing }),
    ...(usedMs > 0 && { lastUsedAt: new Date(usedMs).toISOString() }),
  };
}

function instant(ms: number): string | null {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : null;
}
