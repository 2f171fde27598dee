import type { EntityManager } from '@mikro-orm/postgresql';
import type { PoolClient } from 'pg';
import { OUTBOX_CHANNEL } from '../store/outbox.js';

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
  private tell: () => void = () => undefined;

  private constructor(
    private readonly client: PoolClient,
    schema: string,
  ) {
    const lose = () => (this.lost = true);
    client.on('error', lose);
    client.on('end', lose);
    client.on('notification', ({ payload }) => {
      if (payload === schema) this.tell();
    });
  }

  /** Undefined while another session holds it. */
  static async tryAcquire(em: EntityManager): Promise<PublisherLock | undefined> {
    const pool = await em.getDriver().getConnection().getNativeClient();
    const client = await pool.connect();
    try {
      await client.query(`set idle_session_timeout = ${LOCK_SILENCE_MAX_MS}`);
      const { rows } = await client.query<{ held: boolean; schema: string }>(
        `select pg_try_advisory_lock(hashtext('gatehouse-publisher'), hashtext(current_schema())) as held,
          current_schema() as schema`,
      );
      const [found] = rows;
      if (found?.held) {
        const lock = new PublisherLock(client, found.schema);
        await client.query(`listen ${OUTBOX_CHANNEL}`);
        return lock;
      }
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

  /** Calls when any process has committed something to be published. */
  onCommitted(tell: () => void): void {
    this.tell = tell;
  }

  /** Asks the server, if it has not been heard of for a while: the process may have stood still without knowing it. */
  async confirm(): Promise<boolean> {
    if (performance.now() - this.spokenMs > CONFIRM_AFTER_MS) await this.heartbeat();
    return this.held;
  }

  /** Keeps the session from falling silent, and notices its loss. */
  async heartbeat(): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error('The session of the lock does not answer.')), HEARTBEAT_TIMEOUT_MS);
    try {
      await Promise.race([this.client.query('select 1'), late]);
      this.spokenMs = performance.now();
    } catch {
      this.lost = true;
    } finally {
      clearTimeout(timer);
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
