import { LegalHoldSet, type LegalHoldEvent, type Sealed } from '#libs/contracts';
import type { RecordedAt } from '#libs/decider';

/** A hold that is in force. */
export type Hold = {
  readonly tenantId: string;
  readonly author: string;
  readonly at: string;
  /** When it was first set; another reason since then did not interrupt it. */
  readonly since: string;
  readonly reason: Sealed;
  /** Of its stream: the ETag. */
  readonly version: number;
};

/** Whose record is held, as of a place in the store. */
export type HeldTenants = { readonly position: number; readonly holds: ReadonlyMap<string, Hold> };

export const noHolds: HeldTenants = { position: 0, holds: new Map() };

/** The holds in force after an event; one that was taken in before changes nothing. */
export function afterHoldEvent(held: HeldTenants, event: LegalHoldEvent, at: RecordedAt): HeldTenants {
  if (at.position <= held.position) return held;
  const holds = new Map(held.holds);
  const { tenantId } = event.data;
  if (event.type === LegalHoldSet.type) {
    const since = holds.get(tenantId)?.since ?? event.data.at;
    holds.set(tenantId, { ...event.data, since, version: at.streamVersion });
  } else holds.delete(tenantId);
  return { position: at.position, holds };
}
