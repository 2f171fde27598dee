import { KEY_USES_PER_RECORD_MAX, type KeyUses } from '#libs/contracts';
import { Rounds } from '#libs/service';
import { Logger } from '#libs/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { IngestSource } from '../ingest/ingest-source.js';
import { SealedPublisher } from '../sealed-publisher.js';
import { LatestUses } from './latest-uses.js';

/** Between two rounds, ms: so long after a decision was read is it told at the latest. */
const ROUND_MS = 2_000;
/** Rows of the table that are read at a time. */
const PAGE_ROWS = 5_000;

type UsedRow = { readonly tenant_id: string; readonly key_id: string; readonly used_ms: number };

/**
 * Tells identity when keys were last used. What this process reads is told as it comes; what was read before it started
 * is told once from the table, so that nothing is lost with a process that stored a decision and told nobody.
 */
@Injectable()
export class KeyUseFeed implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly latest = new LatestUses();
  private readonly rounds = new Rounds({
    work: () => this.tell(),
    firstAfterMs: 0,
    pauseMs: () => ROUND_MS,
    onFailure: (error) => this.logger.warn({ err: error }, 'last uses of keys cannot be told yet'),
  });
  private isCaughtUp = false;

  constructor(
    private readonly database: AuditDatabase,
    private readonly source: IngestSource,
    private readonly publisher: SealedPublisher,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    void this.database.ready.then(() => this.rounds.start());
  }

  async onModuleDestroy(): Promise<void> {
    await this.rounds.stop();
  }

  /** A decision of a verified credential. */
  note(tenantId: string, keyId: string, at: string): void {
    this.latest.note(tenantId, keyId, Date.parse(at));
  }

  private async tell(): Promise<void> {
    if (!this.isCaughtUp) await this.tellStored();
    this.isCaughtUp = true;
    await this.tellWaiting();
  }

  private async tellWaiting(): Promise<void> {
    for (;;) {
      const uses = this.latest.next(KEY_USES_PER_RECORD_MAX);
      const [first] = uses;
      if (!first) return;
      const told = uses.map(({ keyId, usedMs }) => ({ keyId, usedAt: new Date(usedMs).toISOString() }));
      const value: KeyUses = { tenantId: first.tenantId, uses: told };
      await this.publisher.publish(this.source.keyUses, 'audit.key-uses.seen', [{ tenantId: first.tenantId, value }]);
      this.latest.tell(uses);
    }
  }

  private async tellStored(): Promise<void> {
    for (let after = { tenant_id: '', key_id: '' }; !this.rounds.signal.aborted;) {
      const rows = await this.database.rows<UsedRow>(
        `SELECT tenant_id, key_id, toUnixTimestamp(max(last_used_at)) * 1000 AS used_ms FROM key_uses
         WHERE (tenant_id, key_id) > ({tenant_id:String}, {key_id:String})
         GROUP BY tenant_id, key_id ORDER BY tenant_id, key_id LIMIT {rows:UInt32}`,
        { ...after, rows: PAGE_ROWS },
      );
      for (const row of rows) this.latest.note(row.tenant_id, row.key_id, Number(row.used_ms));
      await this.tellWaiting();
      const last = rows.at(-1);
      if (!last || rows.length < PAGE_ROWS) return;
      after = last;
    }
  }
}
