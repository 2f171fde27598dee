import { revocationEvents, type RevocationEvent } from '#libs/contracts';
import type { ReadModel } from '#libs/event-store';
import { sql } from 'kysely';

/**
 * Takes away what a revocation ended, in the transaction that moves this on: what the revocation's record refuses for as
 * long as it stands, is gone by the time that it is forgotten, whoever died in between.
 */
export const endedTokens: ReadModel<RevocationEvent> = {
  name: 'oauth_ended_tokens_v1',
  types: revocationEvents.map((event) => event.type),
  apply: async (tx, { event: { data } }) => {
    const database = tx.getKysely();
    if (data.kind === 'grant') {
      await sql`delete from oauth_artifacts_v1 where grant_id = ${data.id}`.execute(database);
      await sql`delete from oauth_grants_v1 where id = ${data.id}`.execute(database);
    }
    if (data.kind === 'session') {
      await sql`delete from oauth_artifacts_v1 where session_uid = ${data.id}`.execute(database);
    }
    if (data.kind === 'principal') {
      await sql`
        delete from oauth_artifacts_v1
        where account_id = ${data.id} and date_trunc('second', created_at) <= ${data.at}::timestamptz
      `.execute(database);
    }
  },
  // Deleting once more is what a rebuild does; there is nothing of its own to empty.
  truncate: () => Promise.resolve(),
};
