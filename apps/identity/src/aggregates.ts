import {
  apiKeyEvents,
  teamEvents,
  tenantEvents,
  userEvents,
  virtualAccountEvents,
  type ApiKeyEvent,
  type TeamEvent,
  type TenantEvent,
  type UserEvent,
  type VirtualAccountEvent,
} from '#libs/contracts';
import type { Aggregate } from '#libs/event-store';
import { apiKeyDecider, type ApiKeyCommand, type ApiKeyState } from './api-keys/api-key.decider.js';
import { credentialState } from './api-keys/credential-state.projection.js';
import { principalTeams } from './teams/principal-teams.projection.js';
import { teamDecider, type TeamCommand, type TeamState } from './teams/team.decider.js';
import { tenantState } from './tenants/tenant-state.projection.js';
import { tenantDecider, type TenantCommand, type TenantState } from './tenants/tenant.decider.js';
import { principalOfUser } from './users/principal-of-user.projection.js';
import { userDecider, type UserCommand, type UserState } from './users/user.decider.js';
import { principalOfVirtualAccount } from './virtual-accounts/principal-of-virtual-account.projection.js';
import {
  virtualAccountDecider,
  type VirtualAccountCommand,
  type VirtualAccountState,
} from './virtual-accounts/virtual-account.decider.js';

export const tenantAggregate: Aggregate<TenantState, TenantCommand, TenantEvent> = {
  name: 'identity.tenant',
  decider: tenantDecider,
  events: tenantEvents,
  states: [tenantState],
};

export const userAggregate: Aggregate<UserState, UserCommand, UserEvent> = {
  name: 'identity.user',
  decider: userDecider,
  events: userEvents,
  states: [principalOfUser],
};

export const teamAggregate: Aggregate<TeamState, TeamCommand, TeamEvent> = {
  name: 'identity.team',
  decider: teamDecider,
  events: teamEvents,
  states: [principalTeams],
};

export const virtualAccountAggregate: Aggregate<VirtualAccountState, VirtualAccountCommand, VirtualAccountEvent> = {
  name: 'identity.virtual-account',
  decider: virtualAccountDecider,
  events: virtualAccountEvents,
  states: [principalOfVirtualAccount],
};

export const apiKeyAggregate: Aggregate<ApiKeyState, ApiKeyCommand, ApiKeyEvent> = {
  name: 'identity.api-key',
  decider: apiKeyDecider,
  events: apiKeyEvents,
  states: [credentialState],
};

/** Every aggregate of identity, for the store. */
export const aggregates = [
  tenantAggregate,
  userAggregate,
  teamAggregate,
  virtualAccountAggregate,
  apiKeyAggregate,
] as const;
