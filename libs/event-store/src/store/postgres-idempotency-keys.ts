import { DomainError } from '#libs/decider';
import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { IdempotencyClaim } from '../event-store.js';
import { IdempotencyKeys } from './idempotency-keys.js';

/** How long an answer is kept. */
export const IDEMPOTENCY_TTL_HOURS = 24;
const EXPIRED_DELETED_MAX = 100;

export class PostgresIdempotencyKeys extends IdempotencyKeys {
  constructor(private readonly em: EntityManager) {
    super();
  }

  override async find(scope: string, key: string, digest: string): Promise<object | undefined> {
    const { rows } = await sql<{ digest: string; answer: object }>`select digest, answer from idempotency_keys
      where scope = ${scope} and key = ${key} and expires_at > now()`.execute(this.em.getKysely());
    const [held] = rows;
    if (held && held.digest !== digest) {
      throw new DomainError('idempotency/key-reused', 'This Idempotency-Key was used for another request.');
    }
    return held?.answer;
  }
}

/** Keeps the answer in the transaction of the events, and clears away some that have expired. */
export async function claimIdempotencyKey(tx: EntityManager, claim: IdempotencyClaim): Promise<void> {
  const db = tx.getKysely();
  await sql`delete from idempotency_keys where (scope, key) in (
    select scope, key from idempotency_keys where expires_at <= now() limit ${EXPIRED_DELETED_MAX})`.execute(db);
  const { rows } = await sql`insert into idempotency_keys (scope, key, digest, answer, expires_at)
    values (${claim.scope}, ${claim.key}, ${claim.digest}, ${JSON.stringify(claim.answer)}::jsonb,
      now() + make_interval(hours => ${IDEMPOTENCY_TTL_HOURS}))
    on conflict (scope, key) do update set digest = excluded.digest, answer = excluded.answer,
      expires_at = excluded.expires_at where idempotency_keys.expires_at <= now()
    returning 1`.execute(db);
  if (rows.length === 0) throw new DomainError('idempotency/repeated', 'This request was made already.');
}
