import { RecordVerifier, type CheckpointKey, type TenantReport } from '#libs/chain';
import { chainRows, storedChains, type StoredChain } from '#libs/clickhouse';
import { ChainCheckpointed, type ChainPlace, type SignedCheckpoint } from '#libs/contracts';
import { EventStore } from '#libs/event-store';
import { problem } from '#libs/http';
import { Inject, Injectable } from '@nestjs/common';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { chainAggregate, chainId } from './chain.aggregate.js';
import { CHECKPOINT_KEY } from './chain-options.js';

/** Rows that one request has verified; the command has no such bound. */
export const VERIFIED_ROWS_MAX = 200_000;

/** Verifies the rows of one tenant in the tables, against what audit's own store says was signed last. */
@Injectable()
export class ChainVerification {
  constructor(
    private readonly database: AuditDatabase,
    private readonly store: EventStore,
    @Inject(CHECKPOINT_KEY) private readonly key: CheckpointKey,
  ) {}

  /**
   * @param from Day (UTC); rows of segments before it are not looked at.
   * @throws ProblemError 422 `chain/too-many-rows` beyond {@link VERIFIED_ROWS_MAX}; 503 `audit_unavailable`
   */
  async verify(tenantId: string, from: string): Promise<TenantReport> {
    const { state } = await this.store.load(chainAggregate, chainId(tenantId));
    // The copies in the tables, and the last one from audit's own store: each names the one before it.
    const copies = await this.copies(tenantId, state.last?.number ?? 0);
    const checkpoints = state.last ? [...copies, state.last] : copies;
    const verifier = new RecordVerifier(checkpoints, [this.key.publicKey], from, 'some');
    const { client, name } = this.database;
    let rows = 0;
    for (const chain of await storedChains(client, name, tenantId)) {
      for await (const row of chainRows(client, name, chain, { after: endBefore(checkpoints, chain, from) })) {
        if ((rows += 1) > VERIFIED_ROWS_MAX) throw tooManyRows();
        verifier.take(chain.table, row);
      }
    }
    const found = verifier.report().find((report) => report.tenantId === tenantId);
    return found ?? { tenantId, sound: true, checkpoints: 0, signedAt: null, chains: [] };
  }

  private async copies(tenantId: string, upTo: number): Promise<SignedCheckpoint[]> {
    const rows = await this.database.rows<{ after: string }>(
      `SELECT after FROM changes WHERE tenant_id = {tenant:String} AND type = {type:String}
        ORDER BY kafka_offset, kafka_index`,
      { tenant: tenantId, type: ChainCheckpointed.type },
    );
    const read = rows.map(({ after }) => ChainCheckpointed.schema.parse(JSON.parse(after)));
    // One that was signed a moment ago may be on its way to the tables, or already there.
    return read.filter(({ number }) => number <= upTo);
  }
}

/** The last place of the segments before a day: from there on rows are read. */
function endBefore(checkpoints: readonly SignedCheckpoint[], chain: StoredChain, from: string): ChainPlace | undefined {
  const own = checkpoints
    .flatMap(({ segments }) => segments)
    .filter(({ table, topic, day }) => {
      return table === chain.table && topic === chain.topic && day < from;
    });
  const last = own.at(-1)?.last;
  return last?.partition === chain.partition ? last : undefined;
}

function tooManyRows() {
  const detail = `There are more than ${VERIFIED_ROWS_MAX} rows since that day; take a later one, or the command.`;
  return problem(422, 'chain/too-many-rows', detail, [{ parameter: 'from', detail }]);
}
