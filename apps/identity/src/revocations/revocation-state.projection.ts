import { revocationEvents, revocationKey, topics, type RevocationEvent, type RevocationRecord } from '#libs/contracts';
import type { StateProjection } from '#libs/decider';

/** What guards refuse from now on; why is nobody's business there. */
export const revocationState: StateProjection<RevocationEvent, RevocationRecord> = {
  topic: topics.identityState.name,
  types: revocationEvents.map((event) => event.type),
  keys: ({ data: { kind, id } }) => [revocationKey(kind, id)],
  project: (_key, _held, event) => {
    if (event.type === 'identity.revocation.forgotten') return undefined;
    const { kind, id, tenantId, at, until } = event.data;
    return { kind, id, tenantId, at, until };
  },
};
