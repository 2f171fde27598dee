import type { Labels } from '#libs/contracts';

/** A tenant as the API shows one. */
export function shownTenant(tenant: {
  readonly id: string;
  readonly displayName: string;
  readonly status: 'onboarding' | 'active' | 'suspended' | 'deleted';
  readonly createdAt: string;
  readonly labels?: Labels;
}) {
  const { id, displayName, labels = {}, status, createdAt } = tenant;
  return { object: 'tenant', id, name: id, display_name: displayName, labels, status, created_at: createdAt };
}
