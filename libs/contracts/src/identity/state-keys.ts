import type { RevocationKind } from './revocation.record.js';

/** Keys on `identity.state.v1`. */
export const credentialKey = (keyId: string) => `credential/${keyId}`;
export const principalKey = (principalId: string) => `principal/${principalId}`;
export const tenantKey = (tenantId: string) => `tenant/${tenantId}`;
export const teamKey = (tenantId: string, name: string) => `team/${teamId(tenantId, name)}`;
export const issuerKey = (issuerId: string) => `issuer/${issuerId}`;
export const clientKey = (clientId: string) => `client/${clientId}`;
export const revocationKey = (kind: RevocationKind, id: string) => `revocation/${kind}/${id}`;

/** What stands behind `team/`: no tenant's name holds a slash, so no two teams share one. */
export const teamId = (tenantId: string, name: string) => `${tenantId}/${name}`;

/** The key of watermarks on every state topic. */
export const WATERMARK_KEY = 'watermark';

/** A state key's kind and the rest: `credential/abc` → `['credential', 'abc']`. */
export function splitStateKey(key: string): readonly [kind: string, id: string] {
  const slash = key.indexOf('/');
  return slash < 0 ? [key, ''] : [key.slice(0, slash), key.slice(slash + 1)];
}
