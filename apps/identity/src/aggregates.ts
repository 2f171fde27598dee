import {
  apiKeyEvents,
  invitationEvents,
  issuerEvents,
  oauthClientEvents,
  onboardingEvents,
  revocationEvents,
  teamEvents,
  tenantEvents,
  userEvents,
  virtualAccountEvents,
  type ApiKeyEvent,
  type InvitationEvent,
  type IssuerEvent,
  type OAuthClientEvent,
  type OnboardingEvent,
  type RevocationEvent,
  type TeamEvent,
  type TenantEvent,
  type UserEvent,
  type VirtualAccountEvent,
} from '#libs/contracts';
import type { Aggregate } from '#libs/event-store';
import { apiKeyDecider, type ApiKeyCommand, type ApiKeyState } from './api-keys/api-key.decider.js';
import { credentialState } from './api-keys/credential-state.projection.js';
import { invitationDecider, type InvitationCommand, type InvitationState } from './invitations/invitation.decider.js';
import { issuerState } from './issuers/issuer-state.projection.js';
import { issuerDecider, type IssuerCommand, type IssuerState } from './issuers/issuer.decider.js';
import { clientState } from './oauth-clients/client-state.projection.js';
import {
  oauthClientDecider,
  type OAuthClientCommand,
  type OAuthClientState,
} from './oauth-clients/oauth-client.decider.js';
import { onboardingDecider, type OnboardingCommand, type OnboardingState } from './onboardings/onboarding.decider.js';
import { revocationState } from './revocations/revocation-state.projection.js';
import { revocationDecider, type RevocationCommand, type RevocationState } from './revocations/revocation.decider.js';
import { principalTeams } from './teams/principal-teams.projection.js';
import { teamState } from './teams/team-state.projection.js';
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
  // Its own record first: it ends at once what those of its accounts and members end one by one.
  states: [teamState, principalTeams],
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

export const oauthClientAggregate: Aggregate<OAuthClientState, OAuthClientCommand, OAuthClientEvent> = {
  name: 'identity.oauth-client',
  decider: oauthClientDecider,
  events: oauthClientEvents,
  states: [clientState],
};

export const issuerAggregate: Aggregate<IssuerState, IssuerCommand, IssuerEvent> = {
  name: 'identity.issuer',
  decider: issuerDecider,
  events: issuerEvents,
  states: [issuerState],
};

/** Guards need to know nothing of them. */
export const invitationAggregate: Aggregate<InvitationState, InvitationCommand, InvitationEvent> = {
  name: 'identity.invitation',
  decider: invitationDecider,
  events: invitationEvents,
  states: [],
};

/** Ids are `<kind>/<id>`; see `revocationStep`. */
export const revocationAggregate: Aggregate<RevocationState, RevocationCommand, RevocationEvent> = {
  name: 'identity.revocation',
  decider: revocationDecider,
  events: revocationEvents,
  states: [revocationState],
};

/** What policy is asked for goes beside the events, as a state record that does not stay. */
export const onboardingAggregate: Aggregate<OnboardingState, OnboardingCommand, OnboardingEvent> = {
  name: 'identity.onboarding',
  decider: onboardingDecider,
  events: onboardingEvents,
  states: [],
};

/** Every aggregate of identity, for the store. */
export const aggregates = [
  tenantAggregate,
  userAggregate,
  teamAggregate,
  virtualAccountAggregate,
  apiKeyAggregate,
  oauthClientAggregate,
  issuerAggregate,
  invitationAggregate,
  revocationAggregate,
  onboardingAggregate,
] as const;
