import type { HeadRecord } from '#libs/contracts';
import type { PlainPlace } from '../feed/plain-place.js';
import type { StateChunk } from '../feed/state-chunk.js';
import type { PlaceMap } from '../feed/place-map.js';
import type { TenantPolicy } from './tenant-policy.js';
import type { DocumentVersion } from './tenant-documents.js';

type PlainTenant = {
  tenantId: string;
  head: HeadRecord | null;
  headLost: boolean;
  /** Head of the last good set, where the newest did not verify. */
  verifiedHead: HeadRecord | null;
  documents: (readonly [kind: string, name: string, revision: number, version: DocumentVersion])[];
};
type Plain = { version: 1; places: (readonly [key: string, place: PlainPlace])[]; tenants: PlainTenant[] };

/** What a view holds. */
export type PolicyContent = {
  readonly places: PlaceMap;
  readonly tenants: ReadonlyMap<string, TenantPolicy>;
  tenantPolicy(tenantId: string): TenantPolicy;
};

/** See `PolicyView.export`. */
export function exportPolicy(view: PolicyContent): StateChunk[] {
  const tenants = Array.from(view.tenants.values(), (tenant) => ({
    tenantId: tenant.tenantId,
    head: tenant.head ?? null,
    headLost: tenant.headLost,
    verifiedHead: tenant.verified?.head ?? null,
    documents: Array.from(tenant.documents.entries(), ([id, revision, version]) => {
      const slash = id.indexOf('/');
      return [id.slice(0, slash), id.slice(slash + 1), revision, version] as const;
    }),
  }));
  const plain: Plain = { version: 1, places: view.places.export(), tenants };
  return [{ name: 'policy', bytes: Buffer.from(JSON.stringify(plain)) }];
}

/** See `PolicyView.import`. */
export function importPolicy(view: PolicyContent, chunks: readonly StateChunk[], nowMs: number): void {
  const chunk = chunks.find(({ name }) => name === 'policy');
  if (!chunk) throw new RangeError('The snapshot holds nothing of policy.');
  const plain = JSON.parse(chunk.bytes.toString('utf8')) as Plain;
  if (plain.version !== 1) throw new RangeError('The snapshot is of another version.');
  view.places.import(plain.places);
  for (const { tenantId, head, headLost, verifiedHead, documents } of plain.tenants) {
    const tenant = view.tenantPolicy(tenantId);
    for (const [kind, name, revision, version] of documents) tenant.documents.put(kind, name, revision, version);
    // The last good set first, so that it is there should the newest still not verify.
    for (const each of [verifiedHead, head]) {
      if (!each) continue;
      tenant.head = each;
      tenant.verify(nowMs);
    }
    tenant.headLost = headLost;
    if (headLost && head) tenant.raise('unreadable head', 0, nowMs);
  }
}
