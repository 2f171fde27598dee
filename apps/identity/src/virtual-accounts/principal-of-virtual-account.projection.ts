import {
  principalKey,
  topics,
  virtualAccountEvents,
  type PrincipalRecord,
  type VirtualAccountEvent,
} from '#libs/contracts';
import type { StateProjection } from '#libs/decider';

/** A virtual account as guards see it. Its team owns it, which gives it none of the team's grants. */
export const principalOfVirtualAccount: StateProjection<VirtualAccountEvent, PrincipalRecord> = {
  topic: topics.identityState.name,
  types: virtualAccountEvents.map((event) => event.type),
  keys: (event) => [principalKey(event.data.virtualAccountId)],
  project: (_key, held, event) => {
    switch (event.type) {
      case 'identity.virtual-account.created':
        return {
          id: event.data.virtualAccountId,
          kind: 'virtual-account',
          tenantId: event.data.tenantId,
          status: 'active',
          epoch: 1,
          name: event.data.name,
          email: null,
          teams: [],
          groups: [],
          labels: event.data.labels,
          ownerTeam: event.data.team,
          operator: event.data.operator,
        };
      case 'identity.virtual-account.moved':
        return held && { ...held, ownerTeam: event.data.team };
      case 'identity.virtual-account.labelled':
        return held && { ...held, labels: event.data.labels };
      // Of the keys' records, once they have taken it; guards need nothing of it here.
      case 'identity.virtual-account.rotation-scheduled':
        return held;
      case 'identity.virtual-account.suspended':
        return held && { ...held, status: 'suspended' };
      case 'identity.virtual-account.resumed':
        return held && { ...held, status: 'active' };
      case 'identity.virtual-account.deleted':
        return held && { ...held, status: 'deleted', epoch: held.epoch + 1, teams: [] };
    }
  },
};
