import { COUNT_AT, FLAG_COUNTED, writeCount } from '../frame.js';
import type { LaneCells } from '../spool-cells.js';
import type { RecordWriter, UnverifiedRecord } from './record-writer.js';
import type { SegmentLog, Written } from './segment-log.js';
import type { SpoolFiles } from './spool-files.js';

/** Addresses whose rate is known at once; refusals of further ones are counted together until the window ends. */
export const FLOOD_ADDRESSES_MAX = 10_000;
/** Counted records that are open at once. */
const FOLDS_MAX = 1000;
const WINDOW_MS = 1000;

export type FloodLaneOptions = {
  readonly writer: RecordWriter;
  readonly log: SegmentLog;
  readonly cells: LaneCells;
  readonly files: SpoolFiles;
  /** Records that may wait to be published; beyond them refusals are only counted. */
  readonly recordsMax: number;
  /** Refusals of one address that get a record of their own, per second. */
  readonly perAddress: number;
  /** A file is left for the next one above this, when a window ends. */
  readonly segmentBytes: number;
  readonly monotonicMs: () => number;
  readonly failed: (error: unknown) => void;
};

type Fold = { readonly decisionId: string; readonly written: Written; count: number };
const REST = 'rest';

/**
 * Refusals without a verified credential. Above a rate per address, and above the lane's bound, they are counted in one
 * record, whose count is rewritten in place at each: it survives the process as every other record does. The lane is
 * published up to the first record that still counts, so a window's records follow when it ends.
 */
export class FloodLane {
  private readonly options: FloodLaneOptions;
  private readonly rates = new Map<string, number>();
  private readonly folds = new Map<string, Fold>();
  private readonly scratch = Buffer.alloc(8);
  private windowEndsMs = 0;
  private timer: NodeJS.Timeout | undefined;
  /** Refusals that could not be written at all. */
  unrecorded = 0;

  constructor(options: FloodLaneOptions) {
    this.options = options;
  }

  /** The id that the caller is told: its own record's, or that of the record it is counted in. */
  append(record: UnverifiedRecord): string {
    if (this.options.monotonicMs() >= this.windowEndsMs) this.endWindow();
    try {
      const isFull = this.options.cells.unpublishedRecords >= this.options.recordsMax;
      if (!isFull && this.isBelowRate(record.ip)) {
        this.options.writer.write(record, FLAG_COUNTED);
        if (this.folds.size === 0) this.options.log.commit();
        return record.decision_id;
      }
      const key = `${record.tenant_id} ${record.ip} ${record.code} ${record.reason}`;
      const mayOpen = !isFull && this.folds.size < FOLDS_MAX && this.rates.has(record.ip);
      return this.folds.has(key) || mayOpen ? this.fold(key, record) : this.fold(REST, restOf(record));
    } catch (error) {
      this.unrecorded += 1;
      this.options.failed(error);
      return record.decision_id;
    }
  }

  /** Hands over what is counted so far. While the lane is full the common record goes on counting, unless `all`. */
  endWindow(all = false): void {
    const { log, cells, recordsMax, monotonicMs } = this.options;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.rates.clear();
    this.windowEndsMs = monotonicMs() + WINDOW_MS;
    const rest = this.folds.get(REST);
    this.folds.clear();
    if (rest && !all && cells.unpublishedRecords >= recordsMax) {
      this.folds.set(REST, rest);
      cells.commit(rest.written);
      this.schedule();
      return;
    }
    log.commit();
    // Only here: no count of the file that is left can change any more.
    if (log.bytes >= this.options.segmentBytes) log.rotate();
  }

  private isBelowRate(address: string): boolean {
    const rate = this.rates.get(address);
    if (rate === undefined && this.rates.size >= FLOOD_ADDRESSES_MAX) return false;
    this.rates.set(address, (rate ?? 0) + 1);
    return (rate ?? 0) < this.options.perAddress;
  }

  private fold(key: string, record: UnverifiedRecord): string {
    const known = this.folds.get(key);
    if (known) {
      writeCount(this.scratch, known.count + 1);
      this.options.files.write(known.written.file, this.scratch, 0, 8, known.written.offset + COUNT_AT);
      known.count += 1;
      return known.decisionId;
    }
    const written = this.options.writer.write(record, FLAG_COUNTED);
    this.folds.set(key, { decisionId: record.decision_id, written, count: 1 });
    this.schedule();
    return record.decision_id;
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => this.endWindow(), WINDOW_MS).unref();
  }
}

/** Counted together: only what is true of all of them stays. */
function restOf(record: UnverifiedRecord): UnverifiedRecord {
  const none = { tenant_id: '', key_id: '', principal_kind: '', principal_id: '' } as const;
  const where = { ip: '', user_agent: '', http_method: '', path: '', operation: '', requested_model: '', metadata: {} };
  return { ...record, ...none, ...where, attributes: { counted: 'several addresses' } };
}
