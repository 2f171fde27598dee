import type { MikroORM } from '@mikro-orm/postgresql';
import type { PoolClient } from 'pg';

/** A holder that says nothing for so long is cut off by the server, which lets the lock go: it may be paused. */
export const LOCK_SILENCE_MAX_MS = 10_000;
const HEARTBEAT_TIMEOUT_MS = 3000;
const CONFIRM_AFTER_MS = 2500;

/**
 * The right to publish: a session advisory lock on a connection of its own. It does not fence (a paused holder may wake
 * up and send); the epoch of its term and the tail of the next holder do.
 */
export class PublisherLock {
  private lost = false;
  private spokenMs = performance.now();

  private constructor(private readonly client: PoolClient) {
    const lose = () => (this.lost = true);
    client.on('error', lose);
    client.on('end', lose);
  }

  /** Undefined while another session holds it. */
  static async tryAcquire(orm: MikroORM): Promise<PublisherLock | undefined> {
    const pool = await orm.em.getDriver().getConnection().getNativeClient();
    const client = await pool.connect();
    try {
      await client.query(`set idle_session_timeout = ${LOCK_SILENCE_MAX_MS}`);
      const { rows } = await client.query<{ held: boolean }>(
        `select pg_try_advisory_lock(hashtext('gatehouse-publisher'), hashtext(current_schema())) as held`,
      );
      if (rows[0]?.held) return new PublisherLock(client);
      client.release(true);
      return undefined;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  get held(): boolean {
    return !this.lost;
  }

  /** Asks the server, if it has not been heard of for a while: the process may have stood still without knowing it. */
  async confirm(): Promise<boolean> {
    if (performance.now() - this.spokenMs > CONFIRM_AFTER_MS) await this.heartbeat();
    return this.held;
  }

  /** Keeps the session from falling silent, and notices its loss. */
  async heartbeat(): Promise<void> {
    try {
      const timeout = AbortSignal.timeout(HEARTBEAT_TIMEOUT_MS);
      const late = new Promise<never>((_, reject) => {
        timeout.addEventListener('abort', () => reject(new Error('The session of the lock does not answer.')));
      });
      await Promise.race([this.client.query('select 1'), late]);
      this.spokenMs = performance.now();
    } catch {
      this.lost = true;
    }
  }

  /** Ends the session, and with it the lock. */
  release(): void {
    this.lost = true;
    try {
      this.client.release(true);
    } catch {
      // The pool has taken the broken connection back already.
    }
  }
}
