import { runSqlOf, SubjectKeys } from '#libs/event-store';
import type { RunSql } from '#libs/http';
import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { keyList } from '../api-keys/key-list.projection.js';
import { Passwords } from '../passwords/passwords.js';
import { userList } from './user-list.projection.js';

/**
 * Makes what is kept of an erased user unreadable: their key goes, and with it every sealed field wherever it was copied
 * to, then what stood opened in tables. A rebuild of a list gives the same, since it opens nothing any more.
 */
@Injectable()
export class Erasure implements OnApplicationBootstrap {
  private readonly sql: RunSql;

  constructor(
    @Inject(EntityManager) em: EntityManager,
    @Inject(SubjectKeys) private readonly subjectKeys: SubjectKeys,
    @Inject(Passwords) private readonly passwords: Passwords,
  ) {
    this.sql = runSqlOf(em);
  }

  /** Repeating it is harmless. */
  async of(userId: string): Promise<void> {
    await this.subjectKeys.erase(userId);
    await this.passwords.remove(userId);
    await this.sql(
      `update ${keyList.name} set body = jsonb_set(body, '{name}', 'null') where body @> jsonb_build_object('ownerId', $1::text)`,
      [userId],
    );
    // Answers are kept for a repeated Idempotency-Key, and one of them shows the user as they were registered.
    await this.sql(`delete from idempotency_keys where position($1 in body) > 0`, [userId]);
  }

  /** What a process that died between the event and the erasure has left. */
  async onApplicationBootstrap(): Promise<void> {
    const left = await this.sql(
      `select id from ${userList.name} where body @> '{"erased": true}' and id in (select subject_id from subject_keys)`,
      [],
    );
    for (const { id } of left) await this.of(String(id));
  }
}
