import type { AccessFeed, AccessState } from '#libs/access';
import type { Bus } from '#libs/bus';
import type { Clock, Logger } from '#libs/telemetry';
import { digestOfRecordAt } from './record-digest.js';
import { doubtOf } from './snapshot-check.js';
import { readSnapshot, snapshotKey, writeSnapshot } from './snapshot-file.js';

export type SnapshotKeeperOptions = {
  readonly path: string;
  readonly bus: Bus;
  readonly busKey: Uint8Array;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Names of the state topics that it must be of. */
  readonly topics: readonly string[];
};

const everyMs = 300_000;

/** Keeps a file that a later start reads on from, instead of from the beginning of both state topics. */
export class SnapshotKeeper {
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();
  private writtenAt = '';

  constructor(private readonly options: SnapshotKeeperOptions) {}

  /** What to begin with; undefined where there is nothing, or nothing that is believed: then from the beginning. */
  async restore(): Promise<AccessState | undefined> {
    const { path, bus, busKey, clock, logger, topics } = this.options;
    const snapshot = await readSnapshot(path, snapshotKey(busKey));
    if (snapshot === 'missing') return undefined;
    if (typeof snapshot === 'string') {
      logger.warn({ fault: snapshot }, 'the snapshot file is not used');
      return undefined;
    }
    const doubt = await doubtOf(snapshot, bus, { nowMs: clock.nowMs(), topics });
    if (doubt) {
      logger.warn({ doubt }, 'the snapshot file is not used');
      return undefined;
    }
    logger.info({ written_at: new Date(snapshot.writtenAtMs).toISOString() }, 'goes on from the snapshot file');
    return { topics: snapshot.topics, chunks: snapshot.chunks };
  }

  /** Writes it now and then while the feed runs. */
  start(feed: Pick<AccessFeed, 'exportState'>): void {
    this.timer = setInterval(() => void this.write(feed), everyMs).unref();
  }

  /** Writes it, unless nothing has changed. A failure is told and otherwise of no consequence. */
  write(feed: Pick<AccessFeed, 'exportState'>): Promise<void> {
    this.writing = this.writing
      .then(() => this.writeOnce(feed))
      .catch((error: unknown) => {
        this.options.logger.warn({ err: error }, 'the snapshot file could not be written');
      });
    return this.writing;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.writing;
  }

  private async writeOnce(feed: Pick<AccessFeed, 'exportState'>): Promise<void> {
    const { bus, path, busKey, clock } = this.options;
    const { topics, chunks } = await feed.exportState();
    const place = topics.map(({ applied }) => `${applied.epoch}/${applied.position}`).join();
    if (place === this.writtenAt) return;
    const named = await Promise.all(
      topics.map(async (topic) => ({
        ...topic,
        recordDigest: await digestOfRecordAt(bus, topic.topic, topic.applied.offset),
      })),
    );
    await writeSnapshot(path, { writtenAtMs: clock.nowMs(), topics: named, chunks }, snapshotKey(busKey));
    this.writtenAt = place;
  }
}
