import {
  Bus,
  buryPoison,
  DeadLetters,
  Membership,
  type BusRecord,
  type ConsumedBatch,
  type Consumption,
} from '#libs/bus';
import { readDecisionBatch, type DecisionRecord } from '#libs/contracts';
import { Clock, Logger } from '#libs/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LedgerBooks } from './ledger-books.adapter.js';
import { LedgerSource } from './ledger-source.js';

/** Kafka records of one transaction, of up to 64 decisions each. */
const RECORDS_MAX = 100;
/** What keeps coming waits at most so long for more: one transaction then books many calls. */
const GATHER_MS = 500;
/** Between two attempts to join, while the brokers are away, ms. */
const RETRY_MS = 2_000;

/** What calls cost, from the gateways' decisions into the ledger. */
@Injectable()
export class LedgerConsumer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly deadLetters: DeadLetters;
  private readonly membership = new Membership({
    join: () => this.consume(),
    retryMs: RETRY_MS,
    onFailure: (error) =>
      this.logger.warn({ err: error, group: this.source.group }, 'the ledger cannot read calls yet'),
  });

  constructor(
    private readonly bus: Bus,
    private readonly books: LedgerBooks,
    private readonly source: LedgerSource,
    clock: Clock,
    private readonly logger: Logger,
  ) {
    this.deadLetters = new DeadLetters(bus, source.consumer, () => clock.nowMs());
  }

  /** Does not wait for the brokers. */
  onApplicationBootstrap(): void {
    void this.membership.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.membership.stop();
  }

  private async consume(): Promise<Consumption> {
    const { group, decisions, deadLetters } = this.source;
    await this.bus.ensureTopics([decisions, deadLetters]);
    return this.bus.consume({
      group,
      topics: [decisions.name],
      batchMax: RECORDS_MAX,
      gatherMs: GATHER_MS,
      onBatch: (batch) => this.take(batch),
    });
  }

  /** What is booked and not committed comes again, and is known by its numbers. */
  private async take({ partition, records, lastOffset, signal, commit }: ConsumedBatch): Promise<void> {
    const decisions: DecisionRecord[] = [];
    for (const record of records) decisions.push(...(await this.read(record)));
    if (signal.aborted) return;
    await this.books.book(partition, decisions);
    await commit(lastOffset + 1n);
  }

  /** What cannot be read is kept aside before anything behind it is booked; if it cannot, nothing is. */
  private async read(record: BusRecord): Promise<readonly DecisionRecord[]> {
    const read = readDecisionBatch(record.value === null ? null : record.value.toString('utf8'));
    if (!('poison' in read)) return read;
    const { topic, partition, offset } = record;
    await buryPoison(this.deadLetters, record, read.poison);
    this.logger.error({ topic, partition, offset: String(offset), reason: read.poison }, 'no calls in a record');
    return [];
  }
}
