import { step } from '#libs/event-store';
import { Injectable } from '@nestjs/common';
import { apiKeyAggregate, teamAggregate } from './aggregates.js';
import { Tables } from './tables.js';

/** Most teams that a principal is taken out of, and most keys that are revoked with them, in one transaction. */
const TEAMS_MAX = 400;
const KEYS_MAX = 400;

type Ended = { readonly id: string; readonly tenantId: string };

/** What ends together with a principal. The raised epoch ends all of it anyway; this is so that every list says so. */
@Injectable()
export class PrincipalEnd {
  constructor(private readonly tables: Tables) {}

  /** Steps of the transaction that ends the principal: keys revoked, memberships over. */
  async steps({ id, tenantId }: Ended, at: string) {
    const first = { tenantId, afterPosition: 0 };
    const teams = await this.tables.teams.page({ ...first, limit: TEAMS_MAX, where: { memberIds: [id] } });
    const keysThatAre = (status: string) =>
      this.tables.keys.page({ ...first, limit: KEYS_MAX / 2, where: { ownerId: id, status } });
    const keys = [...(await keysThatAre('active')), ...(await keysThatAre('suspended'))];
    return [
      ...teams.map(({ row: { id: teamId } }) =>
        step(teamAggregate, teamId, { type: 'RemoveTeamMember', teamId, tenantId, at, principalId: id }),
      ),
      ...keys.map(({ row: { id: keyId } }) =>
        step(apiKeyAggregate, keyId, { type: 'RevokeApiKey', keyId, tenantId, at }),
      ),
    ];
  }
}
