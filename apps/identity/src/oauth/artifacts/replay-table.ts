import { runSqlOf } from '#libs/event-store';
import type { RunSql } from '#libs/http';
import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { digestOf } from './artifact-seal.js';

/** What may be presented once: ids of clients' assertions, until they expire by themselves. */
@Injectable()
export class ReplayTable {
  private readonly sql: RunSql;

  constructor(@Inject(EntityManager) em: EntityManager) {
    this.sql = runSqlOf(em);
  }

  /** Whether this is the first time: of many at once, one is. */
  async isFirst(id: string, untilMs: number): Promise<boolean> {
    const rows = await this.sql(
      'insert into oauth_replays_v1 (digest, expires_at) values ($1, $2) on conflict do nothing returning 1',
      [digestOf(id), new Date(untilMs).toISOString()],
    );
    return rows.length > 0;
  }
}
