/** A key's last use; ms since 1970, the beginning of a minute. */
export type KeyUse = { readonly tenantId: string; readonly keyId: string; readonly usedMs: number };

const MINUTE_MS = 60_000;
/** Keys whose last told use is remembered; beyond them some uses are told again, which changes nothing. */
const TOLD_MAX = 200_000;

/** Uses that wait to be told, each key once, and only where the minute is later than what was told of it before. */
export class LatestUses {
  private readonly waiting = new Map<string, KeyUse>();
  private readonly told = new Map<string, number>();

  get size(): number {
    return this.waiting.size;
  }

  note(tenantId: string, keyId: string, atMs: number): void {
    const usedMs = Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
    const known = Math.max(this.waiting.get(keyId)?.usedMs ?? 0, this.told.get(keyId) ?? 0);
    // Written so that a time which could not be read is none.
    if (usedMs > known) this.waiting.set(keyId, { tenantId, keyId, usedMs });
  }

  /** Some of what waits, of one tenant. They wait until {@link tell} says that they were told. */
  next(countMax: number): readonly KeyUse[] {
    const [first] = this.waiting.values();
    if (!first) return [];
    const batch: KeyUse[] = [];
    for (const use of this.waiting.values()) {
      if (batch.length >= countMax) break;
      if (use.tenantId === first.tenantId) batch.push(use);
    }
    return batch;
  }

  tell(uses: readonly KeyUse[]): void {
    if (this.told.size + uses.length > TOLD_MAX) this.told.clear();
    for (const use of uses) {
      this.told.set(use.keyId, use.usedMs);
      if (this.waiting.get(use.keyId) === use) this.waiting.delete(use.keyId);
    }
  }
}
