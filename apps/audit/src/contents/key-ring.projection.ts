import { ContentKeyCreated, type ContentKeyEvent, type Sealed } from '#libs/contracts';

/** A pair of keys that is there. */
export type HeldKey = {
  readonly tenantId: string;
  readonly keyId: string;
  readonly publicKey: string;
  readonly privateKey: Sealed;
  readonly createdAt: string;
  /** Since when another one is written with; null for the tenant's current one. */
  readonly supersededAt: string | null;
};

/** All pairs of keys, as of a place in the store; by key id, oldest first. */
export type KeyRing = { readonly position: number; readonly keys: ReadonlyMap<string, HeldKey> };

export const noKeys: KeyRing = { position: 0, keys: new Map() };

/** The keys after an event; one that was taken in before changes nothing. */
export function afterKeyEvent(ring: KeyRing, event: ContentKeyEvent, position: number): KeyRing {
  if (position <= ring.position) return ring;
  const keys = new Map(ring.keys);
  if (event.type !== ContentKeyCreated.type) {
    keys.delete(event.data.keyId);
    return { position, keys };
  }
  const { at: createdAt, ...key } = event.data;
  const former = currentKey(ring, key.tenantId);
  if (former) keys.set(former.keyId, { ...former, supersededAt: createdAt });
  keys.set(key.keyId, { ...key, createdAt, supersededAt: null });
  return { position, keys };
}

/** What gateways write with; none where the newest was deleted: an older one is not taken up again. */
export function currentKey({ keys }: KeyRing, tenantId: string): HeldKey | undefined {
  return [...keys.values()].find((key) => key.tenantId === tenantId && key.supersededAt === null);
}
