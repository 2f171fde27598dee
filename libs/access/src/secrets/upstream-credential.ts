import type { SecretRecord } from '#libs/contracts';
import { openBox, sealBox } from './aes-box.js';
import type { MasterKey } from './master-key.js';

/** What a credential is sealed for: it opens for exactly this account, version and origin of this tenant. */
export type UpstreamCredentialPlace = Omit<SecretRecord, 'dataKey' | 'box'>;

/** Thrown when a sealed credential does not open. Nothing of its content, nor the cipher's error, is in it. */
export class UpstreamCredentialUnreadable extends Error {
  constructor({ tenantId, account, version }: UpstreamCredentialPlace) {
    super(`The credential of ${tenantId}/${account}@${version} does not open under this master key.`);
    this.name = 'UpstreamCredentialUnreadable';
  }
}

/**
 * Seals an upstream credential for `policy.secrets.v1`. `dataKey` is that of an earlier record of the tenant; without
 * it, the tenant gets a new one. A changed origin (scheme, host, port of the base URL) needs the credential again: the
 * sealed one cannot be moved there.
 */
export function sealUpstreamCredential(
  master: MasterKey,
  place: UpstreamCredentialPlace & { readonly dataKey?: string },
  credential: string,
): SecretRecord {
  const { tenantId, account, version, origin, dataKey = master.newDataKey(tenantId) } = place;
  const box = sealBox(master.unwrap(tenantId, dataKey), Buffer.from(credential), boundTo(place));
  return { tenantId, account, version, origin, dataKey, box };
}

/** The credential in clear, for memory only. Throws {@link UpstreamCredentialUnreadable}. */
export function openUpstreamCredential(master: MasterKey, record: SecretRecord): string {
  try {
    const key = master.unwrap(record.tenantId, record.dataKey);
    return openBox(key, record.box, boundTo(record)).toString('utf8');
  } catch {
    throw new UpstreamCredentialUnreadable(record);
  }
}

/** As JSON, so that no two places read the same. */
function boundTo({ tenantId, account, version, origin }: UpstreamCredentialPlace): string {
  return JSON.stringify([tenantId, account, version, origin]);
}
