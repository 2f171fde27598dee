import { step } from '#libs/event-store';
import { Injectable } from '@nestjs/common';
import { apiKeyAggregate, oauthClientAggregate, teamAggregate } from './aggregates.js';
import { Tables } from './tables.js';

/** Most teams that a principal is taken out of, keys that are revoked and clients that stop with them, in one transaction. */
const TEAMS_MAX = 400;
const KEYS_MAX = 400;
const CLIENTS_MAX = 100;

type Ended = { readonly id: string; readonly tenantId: string };

/** What ends together with a principal. The raised epoch ends all of it anyway; this is so that every list says so. */
@Injectable()
export class PrincipalEnd {
  constructor(private readonly tables: Tables) {}

  /** Steps of the transaction that ends the principal: keys revoked, memberships over, clients that act as it disabled. */
  async steps({ id, tenantId }: Ended, at: string) {
    const first = { tenantId, afterPosition: 0 };
    const teams = await this.tables.teams.page({ ...first, limit: TEAMS_MAX, where: { memberIds: [id] } });
    const managed = await this.tables.teams.page({ ...first, limit: TEAMS_MAX, where: { managerIds: [id] } });
    const keysThatAre = (status: string) =>
      this.tables.keys.page({ ...first, limit: KEYS_MAX / 2, where: { ownerId: id, status } });
    const keys = [...(await keysThatAre('active')), ...(await keysThatAre('suspended'))];
    const bound = { ...first, limit: CLIENTS_MAX, where: { virtualAccountId: id, status: 'active' } };
    const clients = await this.tables.clients.page(bound);
    return [
      ...teams.map(({ row: { id: teamId } }) =>
        step(teamAggregate, teamId, { type: 'RemoveTeamMember', teamId, tenantId, at, principalId: id }),
      ),
      ...managed.map(({ row: { id: teamId } }) =>
        step(teamAggregate, teamId, { type: 'RemoveTeamManager', teamId, tenantId, at, principalId: id }),
      ),
      ...keys.map(({ row: { id: keyId } }) =>
        step(apiKeyAggregate, keyId, { type: 'RevokeApiKey', keyId, tenantId, at }),
      ),
      ...clients.map(({ row: { id: clientId } }) =>
        step(oauthClientAggregate, clientId, { type: 'DisableOAuthClient', clientId, tenantId, at }),
      ),
    ];
  }
}
