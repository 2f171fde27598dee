import { Bus, verifyRecord, type BusRecord, type MacKey, type Replay } from '#libs/bus';
import { ReplicaRecord, topics } from '#libs/contracts';
import { Logger } from '#libs/telemetry';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ReplicaReports } from './replica-reports.adapter.js';

/** Token of the key that replicas MAC their reports with. */
export const REPORT_MAC_KEY = Symbol('MAC key of replica reports');

/** Reads every replica's reports, from the beginning: the topic is compacted to the last word of each. */
@Injectable()
export class ReplicaReportsConsumer implements OnApplicationBootstrap, OnModuleDestroy {
  private replay: Replay | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly reports: ReplicaReports,
    @Inject(REPORT_MAC_KEY) private readonly macKey: MacKey,
    private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.replay = await this.bus.replay({
      reader: 'identity.replica-reports.v1',
      topics: [topics.gatewayReplicas.name],
      onRecords: (records) => this.keep(records),
      onIncident: (incident) => this.logger.warn({ incident }, 'replica reports'),
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.replay?.close();
  }

  /** Only the last report of each replica in a batch matters: an earlier one proves less, a moment sooner. */
  private async keep(records: readonly BusRecord[]): Promise<void> {
    const byPosition = new Map<string, ReplicaRecord>();
    for (const record of records) {
      const report = reportIn(this.macKey, record);
      if (!report) continue;
      const key = `${report.replica}/${report.applied[topics.identityState.name]?.position ?? 0}/${report.stopped}`;
      byPosition.set(key, byPosition.get(key) ?? report);
      byPosition.set(`${report.replica}/last`, report);
    }
    // Mostly the first of a position is the last of all.
    for (const report of new Set(byPosition.values())) await this.reports.keep(report);
  }
}

/** A report that is not a replica's own, or cannot be read, proves nothing; its replica shows as silent. */
function reportIn(macKey: MacKey, record: BusRecord): ReplicaRecord | undefined {
  const verified = verifyRecord(macKey, record);
  if (!verified.ok || record.value === null) return undefined;
  try {
    return ReplicaRecord.parse(JSON.parse(record.value.toString('utf8')));
  } catch {
    return undefined;
  }
}
