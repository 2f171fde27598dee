import type { AccessDecided, CallCompleted } from '#libs/contracts';
import { FLAG_CLOSES, FLAG_OPENS, FRAME_HEADER_BYTES, RECORD_BYTES_MAX, sealFrame } from '../frame.js';
import type { SegmentLog, Written } from './segment-log.js';

type Given = 'replica' | 'boot' | 'seq';
/** A decision record as its writer has it; the spool adds `replica`, `boot` and `seq`. */
export type SpoolRecord = Omit<AccessDecided, Given> | Omit<CallCompleted, Given>;
/** A refusal without a verified credential; the spool adds `count` too. */
export type UnverifiedRecord = Omit<AccessDecided, Given | 'count'>;

export type RecordWriterOptions = {
  readonly log: SegmentLog;
  readonly replica: string;
  readonly boot: string;
  /** Which partition carries a tenant's records. */
  readonly partitionOf: (tenantId: string) => number;
  readonly nowMs: () => number;
};

const COMMA = ','.charCodeAt(0);
/** Room for the three fields that are added; `seq` has 16 digits at most. */
const ADDED_BYTES_MAX = 1024;

/** Makes frames: numbers records densely per partition, and leaves no gap when a write fails. */
export class RecordWriter {
  private readonly options: RecordWriterOptions;
  private readonly scratch = Buffer.alloc(FRAME_HEADER_BYTES + ADDED_BYTES_MAX + RECORD_BYTES_MAX);
  private readonly prefixEnd: number;
  /** By partition. */
  private readonly lastSeq: number[] = [];

  constructor(options: RecordWriterOptions) {
    this.options = options;
    const prefix = `{"replica":${JSON.stringify(options.replica)},"boot":${JSON.stringify(options.boot)},"seq":`;
    if (Buffer.byteLength(prefix) > ADDED_BYTES_MAX - 20) throw new RangeError("The replica's name is too long.");
    // The same for every record of this boot: it stays where it is.
    this.prefixEnd = FRAME_HEADER_BYTES + this.scratch.write(prefix, FRAME_HEADER_BYTES);
  }

  /**
   * One synchronous write. `counted` records lack `count`, which then lives in the frame's header.
   * @throws SpoolUnwritable; RangeError for a record above `RECORD_BYTES_MAX`.
   */
  write(record: SpoolRecord | UnverifiedRecord, flags = flagsOf(record)): Written {
    return this.writeJson(record.tenant_id, JSON.stringify(record), flags);
  }

  /** The same for a record that is JSON already. */
  writeJson(tenantId: string, json: string, flags: number): Written {
    const { scratch, lastSeq, prefixEnd } = this;
    const partition = this.options.partitionOf(tenantId);
    const seq = (lastSeq[partition] ?? 0) + 1;
    if (json.length * 3 > RECORD_BYTES_MAX && Buffer.byteLength(json) > RECORD_BYTES_MAX - ADDED_BYTES_MAX) {
      throw new RangeError('A decision record is larger than the spool takes.');
    }
    const fieldsFrom = prefixEnd + scratch.write(String(seq), prefixEnd, 'latin1');
    const end = fieldsFrom + scratch.write(json, fieldsFrom, 'utf8');
    // The record's own opening brace becomes the comma behind what was added.
    scratch[fieldsFrom] = COMMA;
    const head = { partition, flags, atMs: this.options.nowMs(), count: 1 };
    const bytes = sealFrame(scratch, end - FRAME_HEADER_BYTES, head);
    const written = this.options.log.write(scratch, bytes);
    lastSeq[partition] = seq;
    return written;
  }
}

function flagsOf(record: SpoolRecord | UnverifiedRecord): number {
  if (record.type === 'call.completed') return FLAG_CLOSES;
  const isCall = record.service === 'gateway' && record.action === 'model:invoke' && record.outcome === 'allow';
  return isCall ? FLAG_OPENS : 0;
}
