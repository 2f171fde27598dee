import type { Place } from '#libs/bus';
import { RevocationRecord } from '#libs/contracts';
import { plainPlace, readPlace, type PlainPlace } from '../feed/plain-place.js';
import { readRecord } from './read-record.js';

/** Revocations that are held at once; at one an hour's token life each, 55 new ones a second. About 50 MB. */
export const REVOCATIONS_MAX = 200_000;
/** Below that many nobody looks for those that have ended. */
const SWEPT_FROM = 1_024;

/** Tokens issued at or before `atMs` are refused. Infinity: its record could not be read, so it ends every token. */
type Revocation = { atMs: number; untilMs: number; place: Place | undefined };

/** A table as JSON can hold it. */
export type PlainRevocations = {
  readonly floorMs: number | null;
  readonly rows: readonly (readonly [key: string, atMs: number | null, untilMs: number | null, place: PlainPlace])[];
};

/**
 * Which tokens are ended before their time, by `<kind>/<id>`. What no living token can be concerned by is forgotten.
 * Where more is revoked than can be held, everything issued until then is refused instead: it never forgets too early.
 */
export class RevocationTable {
  private readonly held = new Map<string, Revocation>();
  private floorMs = Number.NEGATIVE_INFINITY;
  private sweepAt: number;

  constructor(
    private readonly nowMs: () => number,
    private readonly entriesMax = REVOCATIONS_MAX,
  ) {
    this.sweepAt = Math.min(SWEPT_FROM, entriesMax);
  }

  get size(): number {
    return this.held.size;
  }

  /** Whether a token of that grant, session, principal or id (`token/<jti>`), issued at `issuedAtMs`, is ended. */
  ends(key: string, issuedAtMs: number): boolean {
    if (issuedAtMs <= this.floorMs) return true;
    const revocation = this.held.get(key);
    return revocation !== undefined && issuedAtMs <= revocation.atMs;
  }

  place(key: string): Place | undefined {
    return this.held.get(key)?.place;
  }

  /** Takes note of a record's place before its content, and of nothing else: an unread revocation is in force. */
  setPlace(key: string, place: Place): void {
    const known = this.held.get(key);
    if (known) known.place = place;
    else this.held.set(key, { atMs: Number.POSITIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY, place });
  }

  /** False for what cannot be read: then it ends every token that it could mean. */
  apply(key: string, value: Buffer): boolean {
    const record = readRecord(RevocationRecord, value, ({ kind, id }) => `${kind}/${id}` === key);
    const place = this.held.get(key)?.place;
    const atMs = record ? Date.parse(record.at) : Number.POSITIVE_INFINITY;
    const untilMs = record ? Date.parse(record.until) : Number.POSITIVE_INFINITY;
    if (untilMs <= this.nowMs()) this.held.delete(key);
    else this.held.set(key, { atMs, untilMs, place });
    if (this.held.size >= this.sweepAt) this.sweep();
    return record !== undefined;
  }

  remove(key: string): void {
    this.held.delete(key);
  }

  export(): PlainRevocations {
    const rows = Array.from(
      this.held,
      ([key, { atMs, untilMs, place }]) => [key, finite(atMs), finite(untilMs), plainPlace(place)] as const,
    );
    return { floorMs: finite(this.floorMs), rows };
  }

  /** Into an empty one. */
  import({ floorMs, rows }: PlainRevocations): void {
    this.floorMs = floorMs ?? Number.NEGATIVE_INFINITY;
    for (const [key, atMs, untilMs, place] of rows) {
      const [at, until] = [atMs ?? Number.POSITIVE_INFINITY, untilMs ?? Number.POSITIVE_INFINITY];
      this.held.set(key, { atMs: at, untilMs: until, place: readPlace(place) });
    }
    this.sweep();
  }

  private sweep(): void {
    const nowMs = this.nowMs();
    for (const [key, { untilMs }] of this.held) if (untilMs <= nowMs) this.held.delete(key);
    if (this.held.size >= this.entriesMax) this.collapse(nowMs);
    this.sweepAt = Math.min(Math.max(SWEPT_FROM, this.held.size * 2), this.entriesMax);
  }

  private collapse(nowMs: number): void {
    for (const { atMs } of this.held.values()) this.floorMs = Math.max(this.floorMs, Math.min(atMs, nowMs));
    for (const [key, { atMs }] of this.held) if (Number.isFinite(atMs)) this.held.delete(key);
    // Nothing of so many can be read: no token is believed until a replay.
    if (this.held.size >= this.entriesMax) {
      this.held.clear();
      this.floorMs = Number.MAX_SAFE_INTEGER;
    }
  }
}

function finite(ms: number): number | null {
  return Number.isFinite(ms) ? ms : null;
}
