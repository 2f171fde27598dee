import { tenantEvents, type Labels, type TenantEvent } from '#libs/contracts';
import type { ListProjection } from '#libs/decider';

export type TenantRow = {
  id: string;
  displayName: string;
  status: 'active' | 'suspended' | 'deleted';
  createdAt: string;
  /** Left out where it never had any. */
  labels?: Labels;
};

export const tenantList: ListProjection<TenantEvent, TenantRow> = {
  name: 'tenant_list_v1',
  types: tenantEvents.map((event) => event.type),
  place: ({ data }) => ({ id: data.tenantId, tenantId: data.tenantId }),
  project: (held, event) => {
    switch (event.type) {
      case 'identity.tenant.created': {
        const { tenantId, displayName, at } = event.data;
        return { id: tenantId, displayName, status: 'active', createdAt: at };
      }
      case 'identity.tenant.labelled':
        return held && { ...held, labels: event.data.labels };
      case 'identity.tenant.suspended':
        return held && { ...held, status: 'suspended' };
      case 'identity.tenant.resumed':
        return held && { ...held, status: 'active' };
      case 'identity.tenant.deleted':
        return held && { ...held, status: 'deleted' };
    }
  },
};
