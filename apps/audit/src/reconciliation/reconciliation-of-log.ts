import { Bus, BusError } from '#libs/bus';
import { DeadLetterRedriven, PLATFORM_TENANT } from '#libs/contracts';
import { refusal } from '#libs/http';
import { Injectable } from '@nestjs/common';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { IngestSource } from '../ingest/ingest-source.js';
import { comparedRollups } from './compared-rollups.js';
import { storedWriters, WRITERS_MAX, type Writer } from './stored-writers.js';

type Partition = {
  readonly topic: string;
  readonly partition: number;
  readonly end_offset: number;
  readonly committed_offset: number | null;
  readonly lag: number;
};

/** Compares what the log was given with what is stored, for all tenants: the operator's view. */
@Injectable()
export class ReconciliationOfLog {
  constructor(
    private readonly bus: Bus,
    private readonly database: AuditDatabase,
    private readonly source: IngestSource,
  ) {}

  async look(from: string | undefined) {
    const { partitions, committed, buried } = await this.lookAtLog();
    const deadLetters = buried.all - (await this.redriven(buried));
    // Only what lies below the commits asked for before: a range on its way is in one table and not yet in the other.
    const [{ writers, holes, total }, rollups] = await Promise.all([
      storedWriters(this.database, committed, from),
      comparedRollups(this.database, committed, from),
    ]);
    const sum = (of: (writer: Writer) => number) => writers.reduce((all, writer) => all + of(writer), 0);
    // The same id by two writers is a duplicate as well, which none of them shows alone.
    const duplicates = Math.max(
      sum((writer) => writer.duplicates),
      total.rows - total.distinct_ids,
    );
    const missing = sum((writer) => writer.holes);
    const isTruncated = writers.length > WRITERS_MAX;
    return {
      object: 'reconciliation',
      scope: 'everything',
      consistent: [missing, duplicates, deadLetters, rollups.differing.length].every((n) => n === 0) && !isTruncated,
      lag: partitions.reduce((all, { lag }) => all + lag, 0),
      dead_letters: deadLetters,
      ...total,
      duplicates,
      holes: missing,
      missing: holes,
      rollups,
      partitions,
      writers: writers.slice(0, WRITERS_MAX),
      truncated: isTruncated,
    };
  }

  /** Letters of decisions that were sent again since: each was stored, or is another letter by now. */
  private async redriven({ first, end }: { readonly first: number; readonly end: number }): Promise<number> {
    const [found] = await this.database.rows<{ n: number }>(
      `SELECT uniqExact(letter_id) AS n FROM dead_letters
        WHERE kafka_topic = {topic:String} AND kafka_offset >= {first:UInt64} AND kafka_offset < {end:UInt64}
          AND letter_id IN (SELECT resource FROM changes
            WHERE tenant_id = {platform:String} AND resource_type = 'dead-letter' AND type = {type:String})`,
      { topic: this.source.deadLetters.name, first, end, platform: PLATFORM_TENANT, type: DeadLetterRedriven.type },
    );
    return found?.n ?? 0;
  }

  private async lookAtLog() {
    const { group, deadLetters } = this.source;
    const topics = this.source.topics.map(({ name }) => name);
    try {
      const committed = await this.bus.committedOffsets(group, topics);
      const { partitions } = await this.bus.endOffsets([...topics, deadLetters.name]);
      const offsets = new Map(committed.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]));
      const letters = partitions.find(({ topic }) => topic === deadLetters.name);
      const { start: first, end } = letters ?? { start: 0n, end: 0n };
      return {
        committed,
        buried: { first: Number(first), end: Number(end), all: Number(end - first) },
        partitions: partitions
          .filter(({ topic }) => topic !== deadLetters.name)
          .map(({ topic, partition, start, end }): Partition => {
            const offset = offsets.get(`${topic}/${partition}`);
            const lag = Number(end - (offset ?? start));
            const committed_offset = offset === undefined ? null : Number(offset);
            return { topic, partition, end_offset: Number(end), committed_offset, lag };
          }),
      };
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      throw refusal('audit_unavailable', 'The log cannot be reached; ask again in a moment.');
    }
  }
}
