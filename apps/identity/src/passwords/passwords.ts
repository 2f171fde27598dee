import { runSqlOf } from '#libs/event-store';
import type { RunSql } from '#libs/http';
import { DomainError } from '#libs/decider';
import { Clock } from '#libs/telemetry';
import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { PasswordHash } from './password-hash.js';

/** Characters of a password; longer ones are refused before they cost anything. */
export const PASSWORD_CHARS_MIN = 12;
export const PASSWORD_CHARS_MAX = 256;
/** Fewer different characters than this are a pattern, however long. */
const DISTINCT_CHARS_MIN = 5;

/** Writes it for the user. @throws DomainError `password/already-set` where they have one, which stays. */
export type SetFirst = (run: RunSql, userId: string) => Promise<void>;

/** Passwords of users, in a table of their own. */
@Injectable()
export class Passwords {
  private readonly sql: RunSql;

  constructor(
    @Inject(EntityManager) em: EntityManager,
    @Inject(PasswordHash) private readonly hash: PasswordHash,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    this.sql = runSqlOf(em);
  }

  /**
   * Sets or replaces the user's password; whether somebody may is for the caller to ask.
   * @throws DomainError `password/invalid` for one that is too short, too long or a pattern; `password/unavailable`.
   */
  async set(userId: string, password: string): Promise<void> {
    requireGood(password);
    const hash = await this.hash.make(password);
    await this.sql(
      `insert into passwords_v1 (user_id, hash, changed_at) values ($1, $2, $3)
       on conflict (user_id) do update set hash = excluded.hash, changed_at = excluded.changed_at`,
      [userId, hash, this.clock.nowIso()],
    );
  }

  /**
   * Somebody's first password, to be written by {@link SetFirst} in the transaction of what it comes of. The work is done
   * before, so that no transaction waits for it.
   * @throws DomainError like {@link set}.
   */
  async first(password: string): Promise<SetFirst> {
    requireGood(password);
    const hash = await this.hash.make(password);
    return async (run, userId) => {
      const written = await run(
        `insert into passwords_v1 (user_id, hash, changed_at) values ($1, $2, $3)
         on conflict (user_id) do nothing returning user_id`,
        [userId, hash, this.clock.nowIso()],
      );
      if (written.length === 0) throw new DomainError('password/already-set', 'They have a password of their own.');
    };
  }

  /** Whether this is the user's password. For nobody, and for a user without one, it is not, after the same work. */
  async verify(userId: string | undefined, password: string): Promise<boolean> {
    const hash = userId === undefined ? undefined : await this.hashOf(userId);
    if (password.length > PASSWORD_CHARS_MAX) return false;
    return this.hash.matches(password, hash);
  }

  /** Whether the user has a password at all. */
  async has(userId: string): Promise<boolean> {
    return (await this.hashOf(userId)) !== undefined;
  }

  /** Takes the password away: nobody logs in with it any more. */
  async remove(userId: string): Promise<void> {
    await this.sql('delete from passwords_v1 where user_id = $1', [userId]);
  }

  private async hashOf(userId: string): Promise<string | undefined> {
    const [row] = await this.sql('select hash from passwords_v1 where user_id = $1', [userId]);
    return row?.['hash'] as string | undefined;
  }
}

function requireGood(password: string): void {
  const { length } = password;
  if (length >= PASSWORD_CHARS_MIN && length <= PASSWORD_CHARS_MAX && new Set(password).size >= DISTINCT_CHARS_MIN) {
    return;
  }
  const detail = `A password has ${PASSWORD_CHARS_MIN} to ${PASSWORD_CHARS_MAX} characters, ${DISTINCT_CHARS_MIN} different ones at least.`;
  throw new DomainError('password/invalid', detail);
}
