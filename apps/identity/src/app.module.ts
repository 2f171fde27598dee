import { deriveMacKey } from '#libs/bus';
import { EventStoreModule, runSqlOf } from '#libs/event-store';
import { EgressGuard, IdempotencyStore, SqlIdempotencyStore } from '#libs/http';
import { EntityManager } from '@mikro-orm/postgresql';
import { OpenApiModule } from '#libs/openapi';
import { ResourcesModule, type Resources } from '#libs/service';
import { Module, type DynamicModule } from '@nestjs/common';
import { ApiKeysController } from './api-keys/api-keys.controller.js';
import { KeyIssue } from './api-keys/key-issue.js';
import { KeyLife } from './api-keys/key-life.js';
import { KeyReach } from './api-keys/key-reach.js';
import { KeySteps } from './api-keys/key-steps.js';
import { OwnerPrincipal } from './api-keys/owner-principal.js';
import type { IdentityConfig } from './config.js';
import { AcceptInvitationController } from './invitations/accept-invitation.controller.js';
import { EndedInvitations } from './invitations/ended-invitations.js';
import { InvitationAcceptance } from './invitations/invitation-acceptance.js';
import { InvitationDecisions } from './invitations/invitation-decisions.js';
import { InvitationSteps } from './invitations/invitation-steps.js';
import { InvitationTraces } from './invitations/invitation-traces.adapter.js';
import { InvitationsController } from './invitations/invitations.controller.js';
import { InviterRights } from './invitations/inviter-rights.js';
import { IssuerFetches } from './issuers/issuer-fetches.adapter.js';
import { IssuerKeyRefresh } from './issuers/issuer-key-refresh.js';
import { IssuerRights } from './issuers/issuer-rights.js';
import { WantedSettings } from './issuers/issuer-settings.js';
import { IssuerSteps } from './issuers/issuer-steps.js';
import { IssuersController } from './issuers/issuers.controller.js';
import { KeySetFetch } from './issuers/key-set-fetch.js';
import { oauthControllers, oauthKeys, oauthProviders } from './oauth/oauth-parts.js';
import { OwnIssuer } from './issuers/own-issuer.js';
import { ClientRights } from './oauth-clients/client-rights.js';
import { ClientSecrets } from './oauth-clients/client-secrets.js';
import { ClientSettings } from './oauth-clients/client-settings.js';
import { ClientSteps } from './oauth-clients/client-steps.js';
import { OAuthClientsController } from './oauth-clients/oauth-clients.controller.js';
import { Outgoing } from './outgoing.js';
import { MeController } from './me/me.controller.js';
import { OwnAbilities } from './me/own-abilities.js';
import { PasswordsModule } from './passwords/passwords.module.js';
import { CallerReach } from './grants/caller-reach.js';
import { PrincipalChanges } from './grants/principal-changes.js';
import { KeyUseTable } from './key-uses/key-uses.adapter.js';
import { KeyUsesConsumer } from './key-uses/key-uses.consumer.js';
import { PrincipalEnd } from './principal-end.js';
import { Principals } from './principals.js';
import { PublicUrls } from './public-urls.js';
import { EndedRecords } from './revocations/ended-records.adapter.js';
import { Forgetting } from './revocations/forgetting.js';
import { ReplicaReports } from './revocations/replica-reports.adapter.js';
import { REPORT_MAC_KEY, ReplicaReportsConsumer } from './revocations/replica-reports.consumer.js';
import { RevocationsController } from './revocations/revocations.controller.js';
import { TokenRevocationsController } from './revocations/token-revocations.controller.js';
import { AccountSchedules } from './rotations/account-schedules.js';
import { DueRotations } from './rotations/due-rotations.adapter.js';
import { KeyRotations } from './rotations/key-rotations.js';
import { RotationSinks } from './rotations/rotation-sinks.js';
import { OnboardingAnswersConsumer } from './onboardings/onboarding-answers.consumer.js';
import { OnboardingPlans } from './onboardings/onboarding-plan.js';
import { OnboardingProcess } from './onboardings/onboarding-process.js';
import { OnboardingRequests } from './onboardings/onboarding-requests.js';
import { OnboardingRounds } from './onboardings/onboarding-rounds.js';
import { SigningKeys } from './signing-keys/signing-keys.js';
import { SigningKeysController } from './signing-keys/signing-keys.controller.js';
import { SigningKeysModule } from './signing-keys/signing-keys.module.js';
import { UnusedKeysConsumer } from './stale-keys/unused-keys.consumer.js';
import { storeOptions } from './store-options.js';
import { Tables } from './tables.js';
import { TeamFinder } from './teams/team-finder.js';
import { TeamMembersController } from './teams/team-members.controller.js';
import { TeamsController } from './teams/teams.controller.js';
import { TenantScope } from './tenants/tenant-scope.js';
import { TenantsController } from './tenants/tenants.controller.js';
import { Erasure } from './users/erasure.js';
import { UserSteps } from './users/user-steps.js';
import { UsersController } from './users/users.controller.js';
import { AccountRotation } from './virtual-accounts/account-rotation.js';
import { VirtualAccountSteps } from './virtual-accounts/virtual-account-steps.js';
import { VirtualAccountsController } from './virtual-accounts/virtual-accounts.controller.js';
import { Writes } from './writes.js';

@Module({
  imports: [
    OpenApiModule.of({
      title: 'Gatehouse identity',
      description: 'Who is calling: tenants, users, teams, virtual accounts, keys.',
    }),
  ],
  controllers: [
    TenantsController,
    UsersController,
    InvitationsController,
    AcceptInvitationController,
    TeamsController,
    TeamMembersController,
    MeController,
    VirtualAccountsController,
    ApiKeysController,
    RevocationsController,
    TokenRevocationsController,
    SigningKeysController,
    ...oauthControllers,
    OAuthClientsController,
    IssuersController,
  ],
  providers: [
    {
      provide: IdempotencyStore,
      inject: [EntityManager],
      useFactory: (em: EntityManager) => new SqlIdempotencyStore(runSqlOf(em)),
    },
    Tables,
    Writes,
    TenantScope,
    Principals,
    PrincipalEnd,
    CallerReach,
    OwnAbilities,
    TeamFinder,
    PrincipalChanges,
    UserSteps,
    Erasure,
    InvitationTraces,
    EndedInvitations,
    InvitationSteps,
    InviterRights,
    InvitationDecisions,
    InvitationAcceptance,
    VirtualAccountSteps,
    OwnerPrincipal,
    KeyReach,
    KeyLife,
    KeyUseTable,
    KeyUsesConsumer,
    UnusedKeysConsumer,
    KeyIssue,
    KeySteps,
    DueRotations,
    KeyRotations,
    AccountSchedules,
    AccountRotation,
    ReplicaReports,
    EndedRecords,
    Forgetting,
    ReplicaReportsConsumer,
    OwnIssuer,
    SigningKeys,
    ...oauthProviders,
    ClientRights,
    ClientSecrets,
    ClientSettings,
    ClientSteps,
    IssuerFetches,
    IssuerKeyRefresh,
    IssuerRights,
    IssuerSteps,
    KeySetFetch,
    WantedSettings,
    OnboardingPlans,
    OnboardingRequests,
    OnboardingProcess,
    OnboardingRounds,
    OnboardingAnswersConsumer,
  ],
})
export class IdentityModule {
  static of(config: IdentityConfig, resources: Resources): DynamicModule {
    const macKey = { provide: REPORT_MAC_KEY, useValue: deriveMacKey(resources.busKey) };
    const urls = new PublicUrls(config.GATEHOUSE_PUBLIC_URL, config.GATEHOUSE_RESOURCES);
    const nowIso = () => resources.clock.nowIso();
    const store = { ...storeOptions(config), logger: resources.logger, nowIso };
    return {
      module: IdentityModule,
      providers: [
        { provide: PublicUrls, useValue: urls },
        { provide: EgressGuard, useFactory: () => Outgoing.permitting(config.GATEHOUSE_EGRESS_ALLOW) },
        ...oauthKeys(config.GATEHOUSE_SIGNING_KEY),
        {
          provide: RotationSinks,
          inject: [EgressGuard],
          useFactory: (guard: EgressGuard) => RotationSinks.of(config.GATEHOUSE_ROTATION_SINKS, guard),
        },
      ],
      imports: [
        ResourcesModule.of(resources, [macKey]),
        EventStoreModule.forRoot(store),
        PasswordsModule.of(config.GATEHOUSE_SEAL_KEY),
        SigningKeysModule.of(config.GATEHOUSE_SIGNING_KEY),
      ],
    };
  }
}
