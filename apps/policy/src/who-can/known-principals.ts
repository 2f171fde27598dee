import type { IdentityView } from '#libs/access';
import type { PrincipalRecord } from '#libs/contracts';

/** The principals of a tenant that may act at all, by id, after the one named. */
export function activePrincipals(
  { directory }: Pick<IdentityView, 'directory'>,
  tenantId: string,
  after = '',
): readonly PrincipalRecord[] {
  const records = directory.principalEntries().flatMap(({ record }) => {
    return record?.tenantId === tenantId && record.status === 'active' && record.id > after ? [record] : [];
  });
  return records.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
