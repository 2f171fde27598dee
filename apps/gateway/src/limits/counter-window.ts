import { createHash } from 'node:crypto';

/** The end of what has none: slots of calls under way. */
export const NEVER_MS = Number.MAX_SAFE_INTEGER;

/** One run of one counter. */
export type CounterWindow = {
  /** The same at every gateway, and of nothing else; without a slash. */
  readonly id: string;
  readonly tenantId: string;
  /** The tenant of the rule's document. */
  readonly holder: string;
  readonly rule: string;
  readonly unit: string;
  readonly per: Readonly<Record<string, string>>;
  /** Ms since 1970: from `startMs` up to and without `endMs`. */
  readonly startMs: number;
  readonly endMs: number;
};

const ID_BYTES = 16;

export function counterWindow(about: Omit<CounterWindow, 'id'>): CounterWindow {
  const { tenantId, holder, rule, unit, per, startMs, endMs } = about;
  // The end too: a tenant that changes its time zone has other runs from then on.
  const identity = [holder, tenantId, rule, unit, startMs, endMs, ...Object.entries(per)];
  const digest = createHash('sha256').update(JSON.stringify(identity)).digest();
  return { ...about, id: digest.subarray(0, ID_BYTES).toString('base64url') };
}

/** The partition of a topic of so many that a window's records go to: that of the window alone, whoever writes. */
export function partitionOf(id: string, partitions: number): number {
  return Buffer.from(id, 'base64url').readUInt32BE(0) % partitions;
}
