import { IdentityView } from '#libs/access';
import { Bus, Membership, type ConsumedBatch, type Consumption, type MacKey } from '#libs/bus';
import { Logger } from '#libs/telemetry';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { IngestSource } from '../ingest/ingest-source.js';
import { AUDIT_MAC_KEY } from '../sealed-publisher.js';
import { rowOfContents } from './contents-row.js';
import { ContentsTable } from './contents-table.js';

/** Calls that one insert takes; each is below a megabyte. */
const CALLS_AT_ONCE = 50;
const RETRY_MS = 2_000;

/**
 * Stores what gateways kept of calls. Storing it again changes nothing, so an insert that failed is repeated with its
 * batch; audit may be away for as long as the topic keeps it.
 */
@Injectable()
export class ContentsConsumer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly membership = new Membership({
    join: () => this.consume(),
    retryMs: RETRY_MS,
    onFailure: (error) => this.logger.warn({ err: error }, 'what is kept of calls cannot be read yet'),
  });

  constructor(
    private readonly bus: Bus,
    private readonly database: AuditDatabase,
    private readonly table: ContentsTable,
    private readonly source: IngestSource,
    private readonly identity: IdentityView,
    @Inject(AUDIT_MAC_KEY) private readonly macKey: MacKey,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    void this.database.ready.then(() => this.membership.start());
  }

  async onModuleDestroy(): Promise<void> {
    await this.membership.stop();
  }

  private async consume(): Promise<Consumption> {
    const { contents, contentsGroup: group } = this.source;
    await this.bus.ensureTopics([contents]);
    const onBatch = (batch: ConsumedBatch) => this.store(batch);
    return this.bus.consume({ group, topics: [contents.name], batchMax: CALLS_AT_ONCE, onBatch });
  }

  private async store({ records, lastOffset, commit }: ConsumedBatch): Promise<void> {
    const rows = records.map((record) => rowOfContents(this.macKey, record)).filter((row) => row !== undefined);
    if (rows.length < records.length) {
      this.logger.warn(
        { count: records.length - rows.length },
        'records of contents are not ours, and are passed over',
      );
    }
    // A person may have been erased while it was on its way; one who is erased later is the sweep's.
    await this.table.put(rows.filter(({ principal_id: id }) => !this.identity.principal(id)?.erased));
    await commit(lastOffset + 1n);
  }
}
