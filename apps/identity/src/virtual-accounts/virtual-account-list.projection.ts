import { virtualAccountEvents, type Labels, type RotationSchedule, type VirtualAccountEvent } from '#libs/contracts';
import type { ListProjection } from '#libs/decider';

export type VirtualAccountRow = {
  id: string;
  tenantId: string;
  name: string;
  team: string | null;
  labels: Labels;
  createdBy: string;
  status: 'active' | 'suspended' | 'deleted';
  /** Goes into the keys that are issued for them. */
  epoch: number;
  createdAt: string;
  /** By which its keys rotate; null where that was ended, and there are keys to tell of it. */
  rotation?: RotationSchedule | null;
};

export const virtualAccountList: ListProjection<VirtualAccountEvent, VirtualAccountRow> = {
  name: 'virtual_account_list_v1',
  types: virtualAccountEvents.map((event) => event.type),
  place: ({ data }) => ({ id: data.virtualAccountId, tenantId: data.tenantId }),
  project: (held, event) => {
    switch (event.type) {
      case 'identity.virtual-account.created': {
        const { virtualAccountId: id, tenantId, name, team, labels, createdBy, at } = event.data;
        return { id, tenantId, name, team, labels, createdBy, status: 'active', epoch: 1, createdAt: at };
      }
      case 'identity.virtual-account.moved':
        return held && { ...held, team: event.data.team };
      case 'identity.virtual-account.labelled':
        return held && { ...held, labels: event.data.labels };
      case 'identity.virtual-account.rotation-scheduled':
        return held && { ...held, rotation: event.data.schedule };
      case 'identity.virtual-account.suspended':
        return held && { ...held, status: 'suspended' };
      case 'identity.virtual-account.resumed':
        return held && { ...held, status: 'active' };
      case 'identity.virtual-account.deleted':
        return held && { ...held, status: 'deleted', epoch: held.epoch + 1 };
    }
  },
};
