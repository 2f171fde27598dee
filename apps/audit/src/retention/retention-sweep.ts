import { AccessFeed } from '#libs/access';
import { EventStore } from '#libs/event-store';
import { Rounds } from '#libs/service';
import { Logger } from '#libs/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { chainAggregate, chainId } from '../chain/chain.aggregate.js';
import { chainKey, type ChainState } from '../chain/chain.decider.js';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { TABLES } from '../ingest/partition-ingest.js';
import { LegalHolds } from '../legal-holds/legal-holds.js';
import { ExpiredDays, type ChainDay, type DecisionTable } from './expired-days.js';
import { KeptDays } from './kept-days.js';
import { firstKeptDay, KEPT_DAYS_MIN } from './retention-days.js';

/** Rows go by whole days, so a few looks a day are enough. */
const SWEEP_MS = 4 * 3_600_000;
/** The first one waits until whatever the start brings with it is over. */
const FIRST_AFTER_MS = 300_000;

/**
 * Takes out what tenants do not keep any longer: whole days, as the chains are signed, and only days that are signed, so
 * that the record goes on to verify. Of a tenant under legal hold nothing goes. Two replicas may do it at once.
 */
@Injectable()
export class RetentionSweep implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly rounds = new Rounds({
    work: () => this.sweep(),
    pauseMs: () => SWEEP_MS,
    firstAfterMs: FIRST_AFTER_MS,
    onFailure: (error) => this.logger.warn({ err: error }, 'what has expired cannot be taken out now'),
  });

  constructor(
    private readonly database: AuditDatabase,
    private readonly days: ExpiredDays,
    private readonly kept: KeptDays,
    private readonly holds: LegalHolds,
    private readonly feed: AccessFeed,
    private readonly store: EventStore,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    void this.database.ready.then(() => this.rounds.start());
  }

  async onModuleDestroy(): Promise<void> {
    await this.rounds.stop();
  }

  /** One look at everything; answers how many days of chains went. None while policy is not known for sure. */
  async sweep(): Promise<number> {
    const { ready, fresh } = this.feed.health();
    if (!ready || !fresh) return 0;
    // By the clock of the store, whose days they are.
    const nowMs = await this.database.nowMs();
    const chains = new Map<string, ChainState>();
    let count = 0;
    for (const table of TABLES) {
      const expired = await this.days.before(table, await this.firstKept(table, nowMs));
      const signed: ChainDay[] = [];
      for (const day of expired) if (await this.isSigned(day, chains)) signed.push(day);
      // A tenant's day goes whole or not at all: one mutation takes it out whatever topic it came by.
      const unsigned = new Set(expired.filter((day) => !signed.includes(day)).map(pieceOf));
      const going = signed.filter((day) => !unsigned.has(pieceOf(day)));
      for (const [, days] of Map.groupBy(going, ({ day }) => day)) {
        if (this.rounds.signal.aborted) return count;
        count += await this.takeOut(table, days);
      }
    }
    if (count > 0) this.logger.info({ count }, 'days of decisions and calls have expired');
    return count;
  }

  /** The first day that is kept of each tenant with rows that may be old enough; of the others all are. */
  private async firstKept(table: DecisionTable, nowMs: number): Promise<ReadonlyMap<string, string>> {
    const held = await this.holds.inForce();
    const tenants = await this.days.tenantsBefore(table, firstKeptDay(KEPT_DAYS_MIN, nowMs));
    const known = tenants.flatMap((tenantId) => {
      const first = held.has(tenantId) ? undefined : this.kept.first(tenantId, nowMs);
      return first === undefined ? [] : [[tenantId, first] as const];
    });
    return new Map(known);
  }

  /** Asks once more who is held, since somebody may have been meanwhile: a sweep can take long. */
  private async takeOut(table: DecisionTable, days: readonly ChainDay[]): Promise<number> {
    const held = await this.holds.inForce();
    const going = days.filter(({ tenant_id }) => !held.has(tenant_id));
    await this.days.takeOut(table, going);
    return going.length;
  }

  /** A row that no checkpoint vouches for would leave a gap that nobody can tell from a theft. */
  private async isSigned(day: ChainDay, chains: Map<string, ChainState>): Promise<boolean> {
    const { table, kafka_topic: topic, tenant_id: tenantId } = day;
    let chain = chains.get(tenantId);
    if (!chain) {
      chain = (await this.store.load(chainAggregate, chainId(tenantId))).state;
      chains.set(tenantId, chain);
    }
    const end = chain.ends[chainKey({ table, topic })]?.last;
    if (!end || end.partition !== day.kafka_partition) return false;
    return end.offset > day.last_offset || (end.offset === day.last_offset && end.index >= day.last_index);
  }
}

const pieceOf = ({ tenant_id, day }: ChainDay) => `${tenant_id}/${day}`;
