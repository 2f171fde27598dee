import { TenantCreated, TenantDeleted, TenantLabelled, TenantSuspended } from '#libs/contracts';
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
  it('is labelled by one event, and by none where it is labelled so', async () => {
    const labels = { 'cost-center': '4711' };
    const labelled = TenantLabelled.of({ ...tenant, labels });
    await given(created)
      .when({ type: 'LabelTenant', ...tenant, labels })
      .expect(labelled);
    await given(created, labelled)
      .when({ type: 'LabelTenant', ...tenant, labels })
      .expect();
  });
  it('is not labelled once it is deleted', () =>
    given(created, TenantDeleted.of(tenant))
      .when({ type: 'LabelTenant', ...tenant, labels: {} })
      .expectRefusal('tenant/not-found'));
  it('is suspended by one event', () =>
    given(created)
      .when({ type: 'SuspendTenant', ...tenant })
      .expect(TenantSuspended.of(tenant)));
});
