import type { CredentialRecord } from '#libs/contracts';
import type { Credential } from './credential-reader.js';

/** Keys of the hammer: some always there, some that go and come, some that are revoked once and for all. */
export const hammered = { steady: 40, coming: 3_000, mortal: 200 } as const;
export const BASE_MS = 1_800_000_000_000;
/** Labels repeat, so that what keys share is given up and made again. */
const LABELS = 32;

const kinds = ['s', 'c', 'm'] as const;
export const idOf = (kind: (typeof kinds)[number], n: number) => `${kind}${String(n).padStart(11, '0')}`;

const macOf = (keyId: string, version: number) => {
  const mac = Buffer.alloc(32, keyId);
  mac.writeUInt32LE(version, 12);
  mac.writeUInt32LE(version, 28);
  return mac;
};

/** Every field follows from id and version: whoever reads a mixture of two sees that it is one. */
export function versionOf(
  keyId: string,
  version: number,
  status: CredentialRecord['status'] = 'active',
): CredentialRecord {
  const instant = new Date(BASE_MS + version).toISOString();
  return {
    keyId,
    kind: 'pat',
    tenantId: 'acme',
    ownerId: 'user_ada',
    ownerEpoch: version,
    status,
    secrets: [{ mac: macOf(keyId, version).toString('base64url'), pepperVersion: version % 60_000, until: null }],
    restrictions: {},
    labels: { n: String(version % LABELS) },
    issuedAt: instant,
    rotatedAt: version % 3 === 0 ? instant : null,
    notBefore: null,
    expiresAt: instant,
  };
}

/** What does not fit together in what was read; undefined for a record that was written so. */
export function mixtureIn(read: Credential, mac: Buffer, keyId: string): string | undefined {
  // Its place stands before its content.
  if (read.terms === undefined) return read.status === 4 ? undefined : 'a key without terms that is not denied';
  const version = read.ownerEpoch;
  const instant = BASE_MS + version;
  const found = {
    keyId: read.keyId === keyId,
    owner: read.owner === version + 1 && read.tenant === version + 2,
    dates: read.expiresAtMs === instant && read.issuedAtMs === instant,
    pepper: read.pepperVersion === version % 60_000,
    labels: read.terms.labels['n'] === String(version % LABELS),
    rare: read.rare?.rotatedAt === (version % 3 === 0 ? new Date(instant).toISOString() : undefined),
    mac: mac.equals(macOf(keyId, version)),
  };
  const wrong = Object.entries(found).flatMap(([what, isRight]) => (isRight ? [] : [what]));
  return wrong.length === 0 ? undefined : `${keyId} at ${version}: ${wrong.join(', ')}`;
}
