import { Bus } from '#libs/bus';
import { refusal } from '#libs/http';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { IngestSource } from '../ingest/ingest-source.js';

/** Asked for at most this often, however many listen, ms. */
const ASKED_EVERY_MS = 250;

/** Up to where the decisions of one partition are stored: all below `end`. */
export type StoredPlace = { readonly topic: string; readonly partition: number; readonly end: bigint };

/** How far the record is stored, by what its consumers have committed. */
@Injectable()
export class StoredPlaces {
  private asked: { readonly atMs: number; readonly places: Promise<readonly StoredPlace[]> } | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly source: IngestSource,
    private readonly clock: Clock,
  ) {}

  /** @throws ProblemError 503 `audit_unavailable` while the broker does not say. */
  now(): Promise<readonly StoredPlace[]> {
    const nowMs = this.clock.monotonicMs();
    if (!this.asked || nowMs - this.asked.atMs >= ASKED_EVERY_MS) this.asked = { atMs: nowMs, places: this.ask() };
    return this.asked.places;
  }

  private async ask(): Promise<readonly StoredPlace[]> {
    const topics = this.source.topics.map(({ name }) => name);
    const committed = await this.bus.committedOffsets(this.source.group, topics).catch(() => {
      throw refusal('audit_unavailable', 'How far the record is stored cannot be told; ask again in a moment.');
    });
    return committed.map(({ topic, partition, offset }) => ({ topic, partition, end: offset }));
  }
}
