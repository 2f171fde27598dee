import type { BootDirectories } from '../boots/boot-directories.js';
import type { SpoolCells } from '../spool-cells.js';
import type { BatchSink } from './batch.js';

/** A boot that is being written, and its lane in the shared cells. */
export type LiveBoot = { readonly name: string; readonly lane: number };
export type PublisherLog = (level: 'info' | 'warn' | 'error', fields: Record<string, unknown>, message: string) => void;

export type PublisherOptions = {
  readonly cells: SpoolCells;
  readonly boots: BootDirectories;
  readonly live: readonly LiveBoot[];
  /** Boots that are over and belong to this spool. */
  readonly earlier: readonly string[];
  readonly replica: string;
  /** `DECISIONS_PER_RECORD_MAX`, given and not imported: contracts would be most of what the publisher's thread loads. */
  readonly recordsPerBatchMax: number;
  readonly segmentBytes: number;
  readonly nowMs: () => number;
  readonly sink: BatchSink;
  readonly log: PublisherLog;
};
