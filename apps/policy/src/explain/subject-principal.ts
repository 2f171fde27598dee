import type { IdentityView } from '#libs/access';
import { PLATFORM_TENANT, type PrincipalRecord } from '#libs/contracts';
import type { Principal } from '#libs/decision-engine';

/** Whom `user:<e-mail or id>` or `virtual-account:<name or id>` means in a tenant; undefined for nobody of it. */
export function subjectPrincipal(
  identity: Pick<IdentityView, 'principal' | 'principalByEmail' | 'virtualAccountByName'>,
  tenantId: string,
  subject: string,
): PrincipalRecord | undefined {
  const colon = subject.indexOf(':');
  const [kind, name] = [subject.slice(0, colon), subject.slice(colon + 1)];
  const byId = identity.principal(name);
  if (byId?.tenantId === tenantId && byId.kind === kind) return byId;
  if (kind === 'user') return identity.principalByEmail(tenantId, name.toLowerCase());
  return kind === 'virtual-account' ? identity.virtualAccountByName(tenantId, name) : undefined;
}

/** A principal as the engine wants it; a flag on a record outside the platform makes nobody an operator. */
export function enginePrincipal(record: PrincipalRecord): Principal {
  const { id, kind, name, tenantId, teams, groups, labels } = record;
  const operator = record.operator && tenantId === PLATFORM_TENANT;
  return { id, kind, tenant: tenantId, teams, groups, labels, operator, ...(name !== null && { name }) };
}
