import { Bus } from '#libs/bus';
import { Injectable } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { IngestSource } from './ingest-source.js';

const POLL_MS = 500;

/** For conclusions from what is not in the tables: they hold only where everything that was written is in them. */
@Injectable()
export class WholeRecord {
  constructor(
    private readonly bus: Bus,
    private readonly source: IngestSource,
  ) {}

  /** Whether everything that stood in the topics when this was asked is stored, waiting at most `timeoutMs`. */
  async reached(timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    const topics = this.source.topics.map(({ name }) => name);
    const { partitions } = await this.bus.endOffsets(topics);
    for (let waitedMs = 0; ; waitedMs += POLL_MS) {
      const committed = await this.bus.committedOffsets(this.source.group, topics);
      const offsets = new Map(committed.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]));
      const isStored = partitions.every(
        ({ topic, partition, start, end }) => (offsets.get(`${topic}/${partition}`) ?? start) >= end,
      );
      if (isStored || signal.aborted || waitedMs >= timeoutMs) return isStored;
      await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
