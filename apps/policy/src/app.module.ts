import { EventStoreModule, runSqlOf } from '#libs/event-store';
import { AddressRules, EgressGuard, IdempotencyStore, SqlIdempotencyStore } from '#libs/http';
import { EntityManager } from '@mikro-orm/postgresql';
import { kindNames } from '#libs/policy-language';
import { OpenApiModule } from '#libs/openapi';
import { ResourcesModule, type Resources } from '#libs/service';
import { Module, type DynamicModule } from '@nestjs/common';
import { ApplyController } from './apply/apply.controller.js';
import { ApplyPolicy } from './apply/apply-policy.js';
import { kindsNotInForce } from './apply/applying.js';
import { RightsToGrant } from './apply/rights-to-grant.js';
import { StandingSets } from './apply/standing.adapter.js';
import { SubjectNames } from './apply/subject-names.js';
import { CheckController } from './check/check.controller.js';
import { TenantScope } from './apply/tenant-scope.js';
import { UpstreamAddresses } from './apply/upstream-addresses.js';
import type { PolicyConfig } from './config.js';
import { ProviderCredentialsController } from './credentials/provider-credentials.controller.js';
import { TenantDataKeys } from './credentials/tenant-data-keys.adapter.js';
import { BundleIntake } from './drafting/bundle-intake.js';
import { Drafting } from './drafting/drafting.js';
import { DocumentHistory } from './documents/document-history.adapter.js';
import { DocumentVersions } from './documents/document-versions.adapter.js';
import { DocumentView } from './documents/document-view.js';
import { kindController } from './documents/kind-controller.js';
import { KindDocuments } from './documents/kind-documents.js';
import { ErasedAuthors } from './erased-authors/erased-authors.js';
import { ExplainController } from './explain/explain.controller.js';
import { LedgerAccess } from './ledger/ledger-access.js';
import { LedgerBooks } from './ledger/ledger-books.adapter.js';
import { LedgerConsumer } from './ledger/ledger.consumer.js';
import { LedgerController } from './ledger/ledger.controller.js';
import { LedgerReader } from './ledger/ledger-reader.adapter.js';
import { LedgerRetention } from './ledger/ledger-retention.js';
import { LedgerSource } from './ledger/ledger-source.js';
import { PostEntry } from './ledger/post-entry.js';
import { OnboardingPolicy } from './onboardings/onboarding-policy.js';
import { OnboardingsConsumer } from './onboardings/onboardings.consumer.js';
import { PolicyKeys } from './policy-keys.js';
import { Promotions } from './promotions/promotions.js';
import { PromptHistory } from './prompts/prompt-history.adapter.js';
import { PromptPromotion } from './prompts/prompt-promotion.js';
import { PromptsController } from './prompts/prompts.controller.js';
import { RevisionDifferences } from './revisions/revision-differences.adapter.js';
import { RevisionList } from './revisions/revision-list.adapter.js';
import { RevisionsController } from './revisions/revisions.controller.js';
import { SchemasController } from './schemas/schemas.controller.js';
import { storeOptions } from './store-options.js';
import { SupersededRecords } from './superseded/superseded-records.adapter.js';
import { Tombstones } from './superseded/tombstones.js';
import { WhatCanController } from './who-can/what-can.controller.js';
import { WhoCanController } from './who-can/who-can.controller.js';

@Module({
  imports: [
    OpenApiModule.of({
      title: 'Gatehouse policy',
      description: 'What they may do: documents, revisions, explanations.',
    }),
  ],
  controllers: [
    ApplyController,
    CheckController,
    RevisionsController,
    ExplainController,
    WhoCanController,
    WhatCanController,
    SchemasController,
    PromptsController,
    ProviderCredentialsController,
    LedgerController,
    ...kindNames.filter((kind) => !kindsNotInForce.has(kind)).map(kindController),
  ],
  providers: [
    {
      provide: IdempotencyStore,
      inject: [EntityManager],
      useFactory: (em: EntityManager) => new SqlIdempotencyStore(runSqlOf(em)),
    },
    ApplyPolicy,
    StandingSets,
    RightsToGrant,
    UpstreamAddresses,
    Drafting,
    BundleIntake,
    SubjectNames,
    TenantScope,
    DocumentHistory,
    DocumentView,
    DocumentVersions,
    PromptHistory,
    PromptPromotion,
    Promotions,
    KindDocuments,
    RevisionList,
    RevisionDifferences,
    TenantDataKeys,
    SupersededRecords,
    Tombstones,
    ErasedAuthors,
    OnboardingPolicy,
    OnboardingsConsumer,
    LedgerSource,
    LedgerBooks,
    LedgerConsumer,
    LedgerReader,
    LedgerRetention,
    LedgerAccess,
    PostEntry,
  ],
})
export class PolicyModule {
  static of(config: PolicyConfig, resources: Resources): DynamicModule {
    const nowIso = () => resources.clock.nowIso();
    const store = { ...storeOptions(config), logger: resources.logger, nowIso };
    return {
      module: PolicyModule,
      imports: [
        ResourcesModule.of(resources, [
          { provide: PolicyKeys, useValue: new PolicyKeys(config) },
          {
            provide: EgressGuard,
            useValue: new EgressGuard(AddressRules.parse(config.GATEHOUSE_EGRESS_ALLOW.join(','))),
          },
        ]),
        EventStoreModule.forRoot(store),
      ],
    };
  }
}
