import { runSqlOf } from '#libs/event-store';
import type { RunSql } from '#libs/http';
import { Rounds } from '#libs/service';
import { Clock, Logger } from '#libs/telemetry';
import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { AccountThrottle } from '../../passwords/account-throttle.js';

const PRUNE_EVERY_MS = 60_000;
/** Rows of one table that one statement deletes at most, and statements of one round: no lock is held for long. */
const ROWS_MAX = 1_000;
const STATEMENTS_MAX = 20;

const expiring = [
  ['oauth_artifacts_v1', 'kind, digest'],
  ['oauth_grants_v1', 'id'],
  ['oauth_replays_v1', 'digest'],
] as const;

/** Deletes what has expired, little by little. What has expired is found by nobody before that. */
@Injectable()
export class Pruning implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly sql: RunSql;
  private readonly rounds = new Rounds({
    work: () => this.prune(),
    pauseMs: () => PRUNE_EVERY_MS,
    onFailure: (error) => this.logger.warn({ err: error }, 'what has expired could not be deleted'),
  });

  constructor(
    @Inject(EntityManager) em: EntityManager,
    @Inject(AccountThrottle) private readonly throttle: AccountThrottle,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(Logger) private readonly logger: Logger,
  ) {
    this.sql = runSqlOf(em);
  }

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** One round; what is left over is for the next. */
  async prune(): Promise<void> {
    await this.throttle.prune();
    for (const [table, key] of expiring) {
      for (let statements = 0; statements < STATEMENTS_MAX; statements += 1) {
        const rows = await this.sql(
          `delete from ${table} where (${key}) in (select ${key} from ${table} where expires_at <= $1 limit ${ROWS_MAX}) returning 1`,
          [this.clock.nowIso()],
        );
        if (rows.length < ROWS_MAX) break;
      }
    }
  }
}
