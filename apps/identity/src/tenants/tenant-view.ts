/** A tenant as the API shows one. */
export function shownTenant(tenant: {
  readonly id: string;
  readonly displayName: string;
  readonly status: 'onboarding' | 'active' | 'suspended' | 'deleted';
  readonly createdAt: string;
}) {
  const { id, displayName, status, createdAt } = tenant;
  return { object: 'tenant', id, name: id, display_name: displayName, status, created_at: createdAt };
}
