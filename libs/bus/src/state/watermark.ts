import type { BusRecord } from '../bus-record.js';
import type { BusClock } from '../clock.js';
import { count } from '../envelope/envelope.js';
import type { WriterPlace } from './place.js';

/** The writer's word that everything up to `position` is in the log. `atMs`: when it said so, ms since 1970. */
export type Watermark = WriterPlace & { readonly offset: bigint; readonly atMs: number };

/**
 * Keeps the last watermark and its age. The age begins with the difference of the two machines' clocks at arrival, at
 * least 0, and then grows by the monotonic clock: a clock that is set back makes no writer fresh again.
 */
export class WatermarkAge {
  private last: Watermark | null = null;
  private ageAtArrivalMs = 0;
  private arrivedMs = 0;

  constructor(private readonly clock: BusClock) {}

  take(watermark: Watermark): void {
    this.last = watermark;
    this.ageAtArrivalMs = Math.max(0, this.clock.wallMs() - watermark.atMs);
    this.arrivedMs = this.clock.monotonicMs();
  }

  get watermark(): Watermark | null {
    return this.last;
  }

  /** Infinity before the first watermark. */
  ageMs(): number {
    if (!this.last) return Number.POSITIVE_INFINITY;
    return this.ageAtArrivalMs + (this.clock.monotonicMs() - this.arrivedMs);
  }
}

/** Reads a verified watermark record; `at` of its JSON value, else its append time, says when it was written. */
export function readWatermark(record: BusRecord, watermarkKey: string): Watermark | undefined {
  if (!record.value || record.key?.toString('utf8') !== watermarkKey) return undefined;
  const place = {
    generation: count(record.headers, 'gh_generation'),
    epoch: count(record.headers, 'gh_epoch'),
    position: count(record.headers, 'gh_position'),
  };
  return { ...place, offset: record.offset, atMs: writtenMs(record.value) ?? record.timestampMs };
}

function writtenMs(value: Buffer): number | undefined {
  try {
    const said: unknown = JSON.parse(value.toString('utf8'));
    const at = typeof said === 'object' && said !== null && 'at' in said ? said.at : undefined;
    const ms = typeof at === 'string' ? Date.parse(at) : Number.NaN;
    return Number.isNaN(ms) ? undefined : ms;
  } catch {
    return undefined;
  }
}
