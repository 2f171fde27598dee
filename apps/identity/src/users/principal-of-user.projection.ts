import { principalKey, topics, userEvents, type PrincipalRecord, type UserEvent } from '#libs/contracts';
import type { StateProjection } from '#libs/decider';

/** A user as guards see them. Team membership comes from the team's own events and is kept as held. */
export const principalOfUser: StateProjection<UserEvent, PrincipalRecord> = {
  topic: topics.identityState.name,
  types: userEvents.map((event) => event.type),
  keys: (event) => [principalKey(event.data.userId)],
  project: (_key, held, event, open) => {
    switch (event.type) {
      case 'identity.user.registered':
        return {
          id: event.data.userId,
          kind: 'user',
          tenantId: event.data.tenantId,
          status: 'active',
          epoch: 1,
          name: null,
          email: open(event.data.email)?.toLowerCase() ?? null,
          teams: [],
          groups: [],
          labels: event.data.labels,
          ownerTeam: null,
          operator: false,
        };
      case 'identity.user.labelled':
        return held && { ...held, labels: event.data.labels };
      case 'identity.user.suspended':
        return held && { ...held, status: 'suspended' };
      case 'identity.user.resumed':
        return held && { ...held, status: 'active' };
      case 'identity.user.deactivated':
        // The raised epoch outlives any mistake in the status: no credential of before can match it again.
        return held && { ...held, status: 'deleted', epoch: held.epoch + 1, teams: [], groups: [], email: null };
      case 'identity.user.erased':
        return held && { ...held, erased: true };
    }
  },
};
