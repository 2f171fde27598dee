import { tenantEvents, tenantKey, topics, type TenantEvent, type TenantRecord } from '#libs/contracts';
import type { StateProjection } from '#libs/decider';

const status = {
  'identity.tenant.created': 'active',
  'identity.tenant.resumed': 'active',
  'identity.tenant.suspended': 'suspended',
  'identity.tenant.deleted': 'deleted',
} as const;

/** One record whose status ends, or gives back, every credential of the tenant. */
export const tenantState: StateProjection<TenantEvent, TenantRecord> = {
  topic: topics.identityState.name,
  types: tenantEvents.map((event) => event.type),
  keys: (event) => [tenantKey(event.data.tenantId)],
  project: (_key, _held, event) => ({ id: event.data.tenantId, status: status[event.type] }),
};
