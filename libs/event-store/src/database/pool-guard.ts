import type { Pool, PoolClient } from 'pg';

/** How long whoever holds a broken connection has for giving it back by itself. */
const GRACE_MS = 1000;

/**
 * Gives broken connections back to the pool. Kysely's controlled transactions keep theirs for ever when the commit or
 * the rollback fails because the server is gone; each would cost one place, until no statement ran any more.
 */
export function guardPool(pool: Pool): void {
  const acquired = new WeakSet<PoolClient>();
  const watched = new WeakSet<PoolClient>();
  pool.on('release', (_error, client) => acquired.delete(client));
  pool.on('acquire', (client) => {
    acquired.add(client);
    if (watched.has(client)) return;
    watched.add(client);
    const broken = () => {
      setTimeout(() => {
        if (acquired.has(client)) client.release(true);
      }, GRACE_MS).unref();
    };
    client.once('error', broken);
    client.once('end', broken);
  });
}
