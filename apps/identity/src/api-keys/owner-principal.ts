import { IdentityView, type EnginePrincipal } from '#libs/access';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../principals.js';
import { Tables } from '../tables.js';

/** Most teams of one principal that are looked at; membership beyond them grants nothing at mint. */
const TEAMS_MAX = 400;

/** A key's owner as the decision engine sees one, out of identity's own tables: also what was written a moment ago. */
@Injectable()
export class OwnerPrincipal {
  constructor(
    private readonly tables: Tables,
    private readonly identity: IdentityView,
  ) {}

  async of({ id, kind, row }: Principal): Promise<EnginePrincipal> {
    const { tenantId, labels } = row;
    const where = { memberIds: [id] };
    const teams = await this.tables.teams.page({ tenantId, afterPosition: 0, limit: TEAMS_MAX, where });
    const known = this.identity.principal(id);
    return {
      id,
      kind,
      tenant: tenantId,
      teams: teams.map(({ row: team }) => team.name).toSorted(),
      groups: known?.groups ?? [],
      labels,
      ...(kind === 'virtual-account' && { name: row.name }),
      ...(known?.operator && { operator: true }),
    };
  }
}
