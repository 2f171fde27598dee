import { tenantEvents, tenantKey, topics, type TenantEvent, type TenantRecord } from '#libs/contracts';
import type { StateProjection } from '#libs/decider';

const status = {
  'identity.tenant.created': 'active',
  'identity.tenant.resumed': 'active',
  'identity.tenant.suspended': 'suspended',
  'identity.tenant.deleted': 'deleted',
} as const;

/** One record whose status ends, or gives back, every credential of the tenant, and whose labels hold for every call of it. */
export const tenantState: StateProjection<TenantEvent, TenantRecord> = {
  topic: topics.identityState.name,
  types: tenantEvents.map((event) => event.type),
  keys: (event) => [tenantKey(event.data.tenantId)],
  project: (_key, held, event) => {
    if (event.type === 'identity.tenant.labelled') return held && { ...held, labels: event.data.labels };
    return { ...held, id: event.data.tenantId, status: status[event.type] };
  },
};
