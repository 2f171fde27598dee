import { userEvents, type Labels, type UserEvent } from '#libs/contracts';
import type { ListProjection } from '#libs/decider';

/** `email` and `displayName` are null once the person was erased. */
export type UserRow = {
  id: string;
  tenantId: string;
  email: string | null;
  displayName: string | null;
  labels: Labels;
  status: 'active' | 'suspended' | 'deactivated';
  /** Goes into the keys that are issued for them. */
  epoch: number;
  createdAt: string;
  erased?: true;
};

export const userList: ListProjection<UserEvent, UserRow> = {
  name: 'user_list_v1',
  types: userEvents.map((event) => event.type),
  place: ({ data }) => ({ id: data.userId, tenantId: data.tenantId }),
  project: (held, event, _at, open) => {
    switch (event.type) {
      case 'identity.user.registered': {
        const { userId, tenantId, labels, at, email, displayName } = event.data;
        const name = displayName ? (open(displayName) ?? null) : null;
        const address = open(email)?.toLowerCase() ?? null;
        return {
          id: userId,
          tenantId,
          email: address,
          displayName: name,
          labels,
          status: 'active',
          epoch: 1,
          createdAt: at,
        };
      }
      case 'identity.user.labelled':
        return held && { ...held, labels: event.data.labels };
      case 'identity.user.suspended':
        return held && { ...held, status: 'suspended' };
      case 'identity.user.resumed':
        return held && { ...held, status: 'active' };
      case 'identity.user.deactivated':
        return held && { ...held, status: 'deactivated', epoch: held.epoch + 1 };
      case 'identity.user.erased':
        return held && { ...held, email: null, displayName: null, erased: true };
    }
  },
};
