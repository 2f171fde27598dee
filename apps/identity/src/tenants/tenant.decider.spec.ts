import { TenantCreated, TenantDeleted, TenantSuspended } from '#libs/contracts';
import { specFor } from '#libs/testing';
import { describe, it } from 'vitest';
import { tenantDecider } from './tenant.decider.js';

const given = specFor(tenantDecider);
const tenant = { tenantId: 'acme', at: '2026-11-23T09:00:00.000Z' };
const created = TenantCreated.of({ ...tenant, displayName: 'Acme' });

describe('a tenant', () => {
  it('is created once', () =>
    given(created)
      .when({ type: 'CreateTenant', ...tenant, displayName: 'Acme' })
      .expectRefusal('tenant/name-taken'));
  it('keeps its name taken after it was deleted', () =>
    given(created, TenantDeleted.of(tenant))
      .when({ type: 'CreateTenant', ...tenant, displayName: 'Acme' })
      .expectRefusal('tenant/name-taken'));
  it('is suspended by one event', () =>
    given(created)
      .when({ type: 'SuspendTenant', ...tenant })
      .expect(TenantSuspended.of(tenant)));
});
