import { Access, type Caller } from '#libs/access';
import { Injectable } from '@nestjs/common';
import { Tables } from '../tables.js';
import type { TeamRow } from './team-list.projection.js';

/** What is authorised when somebody asks for a team. */
export const teamResource = ({ name, tenantId }: Pick<TeamRow, 'name' | 'tenantId'>) => {
  return { type: 'team', path: name, tenant: tenantId };
};

/** Finds teams, for those who may do something to them; another tenant's is 404. */
@Injectable()
export class TeamFinder {
  constructor(
    private readonly access: Access,
    private readonly tables: Tables,
  ) {}

  async find(caller: Caller, action: string, teamId: string) {
    const found = await this.unasked(caller, action, teamId);
    this.access.require(caller, action, teamResource(found.row));
    return found;
  }

  /** For its members: its managers may, whatever their roles, and whoever may edit the team. */
  async findToManage(caller: Caller, teamId: string): Promise<TeamRow> {
    const { row } = await this.unasked(caller, 'team:edit', teamId);
    const resource = teamResource(row);
    if (row.managerIds?.includes(caller.principalId)) {
      this.access.requireOwn(caller, 'team:edit', { ...resource, owner: caller.principalId });
    } else {
      this.access.require(caller, 'team:edit', resource);
    }
    return row;
  }

  private async unasked(caller: Caller, action: string, teamId: string) {
    const found = await this.tables.teams.find(caller.operator ? undefined : caller.tenantId, teamId);
    if (!found) throw this.access.notFound(caller, action, { type: 'team', path: teamId });
    return found;
  }
}
