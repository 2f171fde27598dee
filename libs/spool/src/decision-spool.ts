import { setTimeout as pause } from 'node:timers/promises';
import type { SpoolRecord, UnverifiedRecord } from './append/record-writer.js';
import { FLAG_CLOSES, FLAG_OPENS } from './frame.js';
import type { BootDirectories } from './boots/boot-directories.js';
import type { PublisherRun } from './publish/publisher-run.js';
import { openLanes, type Lanes } from './open-lanes.js';
import { startPublisher } from './start-publisher.js';
import type { SpoolOptions } from './spool-options.js';
import { SpoolUnwritable } from './spool-unwritable.js';

const FLUSH_LOOK_MS = 5;
const CLOSE_TIMEOUT_MS = 5000;

export type SpoolLag = {
  readonly unpublishedRecords: number;
  readonly unpublishedBytes: number;
  /** Age of the oldest record that waits for the broker; 0 when none does. */
  readonly oldestMs: number;
  /** Unverified refusals that could not be written since the start. */
  readonly unrecorded: number;
};

/**
 * The decision records of one thread on their way to Kafka: written to disk at once, published by a thread of its own.
 * Records of earlier boots are published too, and calls that they left open are closed as interrupted.
 */
export class DecisionSpool {
  readonly replica: string;
  /** Name of this start's spool file; the flood lane has one of its own. */
  readonly boot: string;
  private readonly lanes: Lanes;
  private readonly boots: BootDirectories;
  private readonly publisher: PublisherRun;
  private closing: Promise<void> | undefined;

  private constructor(lanes: Lanes, boots: BootDirectories, publisher: PublisherRun, replica: string) {
    this.lanes = lanes;
    this.boots = boots;
    this.publisher = publisher;
    this.replica = replica;
    this.boot = lanes.main.boot;
  }

  /** Needs no Kafka to succeed; rejects when the directory cannot be written. */
  static open(options: SpoolOptions): Promise<DecisionSpool> {
    return new Promise((resolve) => {
      const lanes = openLanes(options);
      resolve(new DecisionSpool(lanes, lanes.boots, startPublisher(options, lanes), options.replica));
    });
  }

  /**
   * One synchronous write: the record survives this process once it returns.
   * @throws SpoolUnwritable when it could not be written (nothing of it is left); RangeError for an oversized record.
   */
  append(record: SpoolRecord): void {
    this.write(({ writer }) => writer.write(record));
  }

  /**
   * As `append`, for a record of the gateway's calls that its writer has put into JSON itself: `opens` an allowed call,
   * or `closes` one. `decision_id` is the first field of that name in it, and `tenantId` its tenant.
   * @throws as `append`
   */
  appendJson(tenantId: string, json: string, does: 'opens' | 'closes'): void {
    this.write(({ writer }) => writer.writeJson(tenantId, json, does === 'opens' ? FLAG_OPENS : FLAG_CLOSES));
  }

  private write(write: (lane: Lanes['main']) => void): void {
    const { main, alarm } = this.lanes;
    try {
      write(main);
    } catch (error) {
      if (!(error instanceof SpoolUnwritable)) throw error;
      if (error.reason !== 'closed') {
        // What is published of the present file frees room only once the file is left.
        main.log.rotate();
        alarm(error);
      }
      throw error;
    }
    main.log.commit();
  }

  /**
   * Resolves once everything appended so far survives a loss of power; those who wait at once share one sync.
   * @throws SpoolUnwritable
   */
  durable(): Promise<void> {
    return this.lanes.main.log.durable();
  }

  /**
   * Records a refusal of a caller without a verified credential; never throws. Answers the id that the caller is told:
   * above a rate per address it is that of a record which counts several.
   */
  appendUnverified(record: UnverifiedRecord): { decisionId: string } {
    return { decisionId: this.lanes.floodLane.append(record) };
  }

  lag(): SpoolLag {
    const { cells, main, flood, floodLane, clock } = this.lanes;
    const { earlier, oldestAtMs } = cells;
    return {
      unpublishedRecords: main.cells.unpublishedRecords + flood.cells.unpublishedRecords + earlier.records,
      unpublishedBytes: main.cells.unpublishedBytes + flood.cells.unpublishedBytes + earlier.bytes,
      oldestMs: oldestAtMs === 0 ? 0 : Math.max(0, clock.nowMs() - oldestAtMs),
      unrecorded: floodLane.unrecorded,
    };
  }

  /** Whether everything appended before the call, and all earlier boots, are with the broker within `timeoutMs`. */
  async flush(timeoutMs: number): Promise<boolean> {
    const { cells, main, flood, floodLane } = this.lanes;
    floodLane.endWindow(true);
    cells.hurry();
    const wanted = [main.cells.appendedRecords, flood.cells.appendedRecords] as const;
    const deadline = performance.now() + timeoutMs;
    const isDone = () =>
      main.cells.ackedRecords >= wanted[0] && flood.cells.ackedRecords >= wanted[1] && cells.earlier.records <= 0;
    while (!isDone()) {
      if (performance.now() >= deadline) return false;
      await pause(FLUSH_LOOK_MS);
    }
    return true;
  }

  /** Publishes for at most `timeoutMs` what is appended; the next start publishes the rest. Idempotent. */
  close(timeoutMs = CLOSE_TIMEOUT_MS): Promise<void> {
    this.closing ??= this.shut(timeoutMs);
    return this.closing;
  }

  private async shut(timeoutMs: number): Promise<void> {
    const { main, flood, floodLane } = this.lanes;
    floodLane.endWindow(true);
    const synced = Promise.allSettled([main.log.close(), flood.log.close()]);
    await Promise.race([synced, pause(timeoutMs, undefined, { ref: false })]);
    await this.publisher.stop(timeoutMs);
    this.boots.releaseAll();
  }
}
