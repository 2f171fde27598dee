import { Bus, BusError, type BusRecord } from '#libs/bus';
import { refusal } from '#libs/http';
import { Injectable } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';

/** Joining the topic and fetching one record; beyond it the log is taken for away. */
const READ_TIMEOUT_MS = 20_000;

/** Reads a dead letter with its bytes from where it was buried. */
@Injectable()
export class BuriedRecords {
  constructor(private readonly bus: Bus) {}

  /**
   * Undefined once the log has let go of it.
   * @throws ProblemError 503 `audit_unavailable` while the log cannot be read
   */
  async read(topic: string, offset: bigint): Promise<BusRecord | undefined> {
    try {
      const { partitions } = await this.bus.endOffsets([topic]);
      const isThere = partitions.some(({ start, end }) => start <= offset && offset < end);
      return isThere ? await this.fetch(topic, offset) : undefined;
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      throw refusal('audit_unavailable', 'The log cannot be reached; ask again in a moment.');
    }
  }

  private async fetch(topic: string, offset: bigint): Promise<BusRecord | undefined> {
    const found = Promise.withResolvers<BusRecord | undefined>();
    const replay = await this.bus.replay({
      reader: 'audit.letter',
      topics: [topic],
      from: [{ topic, partition: 0, next: offset }],
      batchMax: 1,
      onRecords: ([record]) => found.resolve(record?.offset === offset ? record : undefined),
    });
    const patience = new AbortController();
    try {
      const tooLate = delay(READ_TIMEOUT_MS, undefined, { signal: patience.signal, ref: false }).then(() => {
        throw new BusError('bus/unavailable', 'The letter was not read in time', true);
      });
      return await Promise.race([found.promise, tooLate]);
    } finally {
      patience.abort();
      await replay.close();
    }
  }
}
