import { deriveMacKey } from '#libs/bus';
import { checkpointKey } from '#libs/chain';
import { EventStoreModule } from '#libs/event-store';
import { OpenApiModule } from '#libs/openapi';
import { ResourcesModule, type Resources } from '#libs/service';
import { Module, type DynamicModule } from '@nestjs/common';
import { AnalyticsController } from './analytics/analytics.controller.js';
import { FiguresReader } from './analytics/figures-reader.js';
import { ChainController } from './chain/chain.controller.js';
import { ChainVerification } from './chain/chain-verification.js';
import { CHECKPOINT_KEY, CHECKPOINT_OPTIONS, type CheckpointOptions } from './chain/chain-options.js';
import { CheckpointFiles } from './chain/checkpoint-files.js';
import { CheckpointSigner } from './chain/checkpoint-signer.js';
import { CheckpointSweep } from './chain/checkpoint-sweep.js';
import { ChangeList } from './changes/change-list.js';
import { ChangesController } from './changes/changes.controller.js';
import { EventsConsumer } from './changes/events.consumer.js';
import { CallsController } from './calls/calls.controller.js';
import { AuditDatabase, CLICKHOUSE_URL } from './clickhouse/audit-database.adapter.js';
import { ConformityController } from './conformity/conformity.controller.js';
import type { AuditConfig } from './config.js';
import { BuriedRecords } from './dead-letters/buried-records.js';
import { DeadLettersController } from './dead-letters/dead-letters.controller.js';
import { LetterList } from './dead-letters/letter-list.js';
import { LettersConsumer } from './dead-letters/letters.consumer.js';
import { ContentKeys } from './contents/content-keys.js';
import { ContentKeysController } from './contents/content-keys.controller.js';
import { ContentsConsumer } from './contents/contents.consumer.js';
import { ContentsController } from './contents/contents.controller.js';
import { ContentsSweep } from './contents/contents-sweep.js';
import { ContentsTable } from './contents/contents-table.js';
import { DecisionsController } from './decisions/decisions.controller.js';
import { CallerHistory } from './explain/caller-history.js';
import { DecisionReplay } from './explain/decision-replay.js';
import { ErasedAuthors } from './erased-authors/erased-authors.js';
import { ExplainController } from './explain/explain.controller.js';
import { PolicyHistory } from './explain/policy-history.js';
import { FindingSweep } from './findings/finding-sweep.js';
import { FindingsController } from './findings/findings.controller.js';
import { FindingsTable } from './findings/findings-table.js';
import { DecisionsConsumer } from './ingest/decisions.consumer.js';
import { GrantCitations } from './grants/grant-citations.js';
import { UnusedGrantFindings } from './grants/unused-grant-findings.js';
import { GrantsController } from './grants/grants.controller.js';
import { IngestSource } from './ingest/ingest-source.js';
import { LegalHolds } from './legal-holds/legal-holds.js';
import { LegalHoldsController } from './legal-holds/legal-holds.controller.js';
import { LimitUse } from './limits/limit-use.js';
import { LiveController } from './live/live.controller.js';
import { LiveFigures } from './live/live-figures.js';
import { LiveStreams } from './live/live-streams.js';
import { StoredPlaces } from './live/stored-places.js';
import { WholeRecord } from './ingest/whole-record.js';
import { KeyUseFeed } from './key-uses/key-use-feed.js';
import { ReconciliationController } from './reconciliation/reconciliation.controller.js';
import { ReconciliationOfLog } from './reconciliation/reconciliation-of-log.js';
import { ReconciliationOfTenant } from './reconciliation/reconciliation-of-tenant.js';
import { AuditReach } from './records/audit-reach.js';
import { RecordFinder } from './records/record-finder.js';
import { RecordList } from './records/record-list.js';
import { ExpiredDays } from './retention/expired-days.js';
import { KeptDays } from './retention/kept-days.js';
import { RetentionSweep } from './retention/retention-sweep.js';
import { storeOptions } from './store-options.js';
import { AUDIT_MAC_KEY, SealedPublisher } from './sealed-publisher.js';
import { BlastRadiusController } from './analytics/blast-radius.controller.js';
import { UsageReport } from './usage/usage-report.js';
import { UsageController } from './usage/usage.controller.js';

@Module({
  imports: [
    OpenApiModule.of({
      title: 'Gatehouse audit',
      description:
        'What happened: decisions, calls, changes, usage, reconciliation, findings, dead letters, legal holds.',
    }),
  ],
  controllers: [
    DecisionsController,
    ExplainController,
    ContentsController,
    ContentKeysController,
    ConformityController,
    ChainController,
    CallsController,
    ChangesController,
    UsageController,
    AnalyticsController,
    BlastRadiusController,
    GrantsController,
    LiveController,
    ReconciliationController,
    FindingsController,
    DeadLettersController,
    LegalHoldsController,
  ],
  providers: [
    AuditDatabase,
    DecisionsConsumer,
    EventsConsumer,
    WholeRecord,
    SealedPublisher,
    KeyUseFeed,
    FindingsTable,
    LimitUse,
    GrantCitations,
    UnusedGrantFindings,
    FindingSweep,
    AuditReach,
    RecordList,
    RecordFinder,
    FiguresReader,
    LiveFigures,
    LiveStreams,
    StoredPlaces,
    UsageReport,
    ChangeList,
    PolicyHistory,
    CallerHistory,
    DecisionReplay,
    CheckpointSigner,
    CheckpointFiles,
    CheckpointSweep,
    ChainVerification,
    ReconciliationOfLog,
    ReconciliationOfTenant,
    KeptDays,
    ExpiredDays,
    RetentionSweep,
    LegalHolds,
    ErasedAuthors,
    ContentsTable,
    ContentKeys,
    ContentsConsumer,
    ContentsSweep,
    LettersConsumer,
    LetterList,
    BuriedRecords,
  ],
})
export class AuditModule {
  static of(config: AuditConfig, resources: Resources): DynamicModule {
    const macKey = { provide: AUDIT_MAC_KEY, useValue: deriveMacKey(resources.busKey) };
    const store = { ...storeOptions(config), logger: resources.logger, nowIso: () => resources.clock.nowIso() };
    const module = AuditModule.over(
      ResourcesModule.of(resources, [macKey]),
      config.CLICKHOUSE_URL,
      new IngestSource(),
      {
        secret: Buffer.from(config.GATEHOUSE_CHECKPOINT_KEY, 'base64'),
        everySeconds: config.GATEHOUSE_CHECKPOINT_SECONDS,
        folder: config.GATEHOUSE_CHECKPOINT_FOLDER,
      },
    );
    return { ...module, imports: [...(module.imports ?? []), EventStoreModule.forRoot(store)] };
  }

  /** Over something else that gives the bus, the event store, and guards the routes, for specs. */
  static over(
    resources: DynamicModule,
    clickhouseUrl: string,
    source: IngestSource,
    { secret, ...checkpoints }: CheckpointOptions & { readonly secret: Uint8Array },
  ): DynamicModule {
    return {
      module: AuditModule,
      imports: [resources],
      providers: [
        { provide: CLICKHOUSE_URL, useValue: clickhouseUrl },
        { provide: IngestSource, useValue: source },
        { provide: CHECKPOINT_KEY, useValue: checkpointKey(secret) },
        { provide: CHECKPOINT_OPTIONS, useValue: checkpoints },
      ],
    };
  }
}
