import { Injectable } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { keyList, type KeyRow } from './api-keys/key-list.projection.js';
import { invitationList, type InvitationRow } from './invitations/invitation-list.projection.js';
import { issuerList, type IssuerRow } from './issuers/issuer-list.projection.js';
import { ListTable, type Listed } from './lists/list-table.adapter.js';
import { clientList, type OAuthClientRow } from './oauth-clients/client-list.projection.js';
import { onboardingList, type OnboardingRow } from './onboardings/onboarding-list.projection.js';
import { revocationList, type RevocationRow } from './revocations/revocation-list.projection.js';
import { teamList, type TeamRow } from './teams/team-list.projection.js';
import { tenantList, type TenantRow } from './tenants/tenant-list.projection.js';
import { userList, type UserRow } from './users/user-list.projection.js';
import { virtualAccountList, type VirtualAccountRow } from './virtual-accounts/virtual-account-list.projection.js';

/** Identity's own lists: what its REST API reads, and what a write of a moment ago is already in. */
@Injectable()
export class Tables {
  readonly tenants: ListTable<TenantRow>;
  readonly users: ListTable<UserRow>;
  readonly teams: ListTable<TeamRow>;
  readonly virtualAccounts: ListTable<VirtualAccountRow>;
  readonly keys: ListTable<KeyRow>;
  readonly clients: ListTable<OAuthClientRow>;
  readonly issuers: ListTable<IssuerRow>;
  readonly invitations: ListTable<InvitationRow>;
  readonly onboardings: ListTable<OnboardingRow>;
  readonly revocations: ListTable<RevocationRow>;

  constructor(em: EntityManager) {
    this.tenants = new ListTable(em, tenantList.name);
    this.users = new ListTable(em, userList.name);
    this.teams = new ListTable(em, teamList.name);
    this.virtualAccounts = new ListTable(em, virtualAccountList.name);
    this.keys = new ListTable(em, keyList.name);
    this.clients = new ListTable(em, clientList.name);
    this.issuers = new ListTable(em, issuerList.name);
    this.invitations = new ListTable(em, invitationList.name);
    this.onboardings = new ListTable(em, onboardingList.name);
    this.revocations = new ListTable(em, revocationList.name);
  }

  /** A tenant has no other team of that name; `tenantId` undefined is the operator's view: any tenant's. */
  async teamNamed(tenantId: string | undefined, name: string): Promise<Listed<TeamRow> | undefined> {
    const [team] = await this.teams.page({ tenantId, afterPosition: 0, limit: 1, where: { name } });
    return team;
  }
}

/** Every list of identity. */
export const lists = [
  tenantList,
  userList,
  teamList,
  virtualAccountList,
  keyList,
  clientList,
  issuerList,
  invitationList,
  onboardingList,
  revocationList,
] as const;
export const listNames = lists.map((list) => list.name);
