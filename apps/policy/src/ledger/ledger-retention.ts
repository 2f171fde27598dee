import { IdentityView } from '#libs/access';
import { Rounds } from '#libs/service';
import { Clock, Logger } from '#libs/telemetry';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { sql } from 'kysely';

/** As long as ClickHouse keeps the sums of calls by minute. */
export const LEDGER_KEPT_MS = 800 * 86_400_000;
const SWEEP_EVERY_MS = 3_600_000;
/** Rows of one transaction. */
const ROWS_MAX = 10_000;

/**
 * Deletes what calls cost when it is older than the ledger keeps, and all of a tenant that was deleted. What people
 * posted are events, which are kept for ever: they hold ids, and reasons that go with their author's key.
 */
@Injectable()
export class LedgerRetention implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly rounds = new Rounds({
    work: () => this.round(),
    pauseMs: () => SWEEP_EVERY_MS,
    onFailure: (error) => this.logger.warn({ err: error }, 'old ledger entries could not be deleted'),
  });

  constructor(
    private readonly em: EntityManager,
    private readonly identity: IdentityView,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** Answers how many rows it deleted. A tenant that is not known (yet) keeps its own. */
  async sweep(): Promise<number> {
    const kept = new Date(this.clock.nowMs() - LEDGER_KEPT_MS).toISOString();
    let count = 0;
    for (let tenant = await this.tenantAfter(''); tenant !== undefined; tenant = await this.tenantAfter(tenant)) {
      const isGone = this.identity.tenant(tenant)?.status === 'deleted';
      count += await this.deleteAll(tenant, isGone ? 'infinity' : kept);
    }
    return count;
  }

  /** The next tenant that has entries, by the index: as many looks as there are tenants, whatever they hold. */
  private async tenantAfter(tenant: string): Promise<string | undefined> {
    const { rows } = await sql<{ tenant_id: string }>`
      select tenant_id from ledger_minutes_v1 where tenant_id > ${tenant} order by tenant_id limit 1
    `.execute(this.em.fork().getKysely());
    return rows[0]?.tenant_id;
  }

  private async deleteAll(tenant: string, before: string): Promise<number> {
    for (let count = 0; ;) {
      const { numAffectedRows = 0n } = await sql`
        delete from ledger_minutes_v1 where ctid = any(array(
          select ctid from ledger_minutes_v1 where tenant_id = ${tenant} and minute < ${before}::timestamptz
          limit ${ROWS_MAX}))
      `.execute(this.em.fork().getKysely());
      count += Number(numAffectedRows);
      if (numAffectedRows < ROWS_MAX || this.rounds.signal.aborted) return count;
    }
  }

  private async round(): Promise<void> {
    const count = await this.sweep();
    if (count > 0) this.logger.info({ count }, 'old ledger entries were deleted');
  }
}
