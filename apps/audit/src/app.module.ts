import { OpenApiModule } from '#libs/openapi';
import { ResourcesModule, type Resources } from '#libs/service';
import { Module, type DynamicModule } from '@nestjs/common';
import { CallsController } from './calls/calls.controller.js';
import { AuditDatabase, CLICKHOUSE_URL } from './clickhouse/audit-database.adapter.js';
import type { AuditConfig } from './config.js';
import { DecisionsController } from './decisions/decisions.controller.js';
import { DecisionsConsumer } from './ingest/decisions.consumer.js';
import { IngestSource } from './ingest/ingest-source.js';
import { ReconciliationController } from './reconciliation/reconciliation.controller.js';
import { ReconciliationOfLog } from './reconciliation/reconciliation-of-log.js';
import { ReconciliationOfTenant } from './reconciliation/reconciliation-of-tenant.js';
import { AuditReach } from './records/audit-reach.js';
import { RecordFinder } from './records/record-finder.js';
import { RecordList } from './records/record-list.js';
import { UsageController } from './usage/usage.controller.js';

@Module({
  imports: [
    OpenApiModule.of({
      title: 'Gatehouse audit',
      description: 'What happened: decisions, calls, usage, reconciliation.',
    }),
  ],
  controllers: [DecisionsController, CallsController, UsageController, ReconciliationController],
  providers: [
    AuditDatabase,
    DecisionsConsumer,
    AuditReach,
    RecordList,
    RecordFinder,
    ReconciliationOfLog,
    ReconciliationOfTenant,
  ],
})
export class AuditModule {
  static of({ CLICKHOUSE_URL: url }: Pick<AuditConfig, 'CLICKHOUSE_URL'>, resources: Resources): DynamicModule {
    return AuditModule.over(ResourcesModule.of(resources), url, new IngestSource());
  }

  /** Over something else that gives the bus and guards the routes, for specs. */
  static over(resources: DynamicModule, clickhouseUrl: string, source: IngestSource): DynamicModule {
    return {
      module: AuditModule,
      imports: [resources],
      providers: [
        { provide: CLICKHOUSE_URL, useValue: clickhouseUrl },
        { provide: IngestSource, useValue: source },
      ],
    };
  }
}
