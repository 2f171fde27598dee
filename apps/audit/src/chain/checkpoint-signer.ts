import { Bus } from '#libs/bus';
import { checkpointDigest, SegmentBuilder, signCheckpoint, type CheckpointKey } from '#libs/chain';
import { chainRows, storedChains, type StoredChain } from '#libs/clickhouse';
import { ChainCheckpointed, CHAIN_SEGMENTS_MAX, PLATFORM_TENANT, type ChainSegment } from '#libs/contracts';
import { DomainError } from '#libs/decider';
import { EventStore } from '#libs/event-store';
import { Clock, Logger } from '#libs/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { IngestSource } from '../ingest/ingest-source.js';
import { chainAggregate, chainId } from './chain.aggregate.js';
import { chainKey, partitionKey, type ChainState } from './chain.decider.js';
import { CHECKPOINT_KEY } from './chain-options.js';
import { writtenPartitions, type CommittedPartition } from './written-partitions.js';

/** Rows of one tenant that one checkpoint vouches for; the next one goes on behind them. */
const ROWS_PER_CHECKPOINT_MAX = 1_000_000;

/** Rows that do not follow from the one before them; nothing behind the place is signed until somebody looked. */
export type BrokenChain = Pick<StoredChain, 'tenantId' | 'table' | 'topic'> & { readonly offset: number };

/** Of all partitions, by topic and partition, and of those with decisions alone. */
type Committed = { readonly ends: ReadonlyMap<string, number>; readonly decisions: readonly CommittedPartition[] };

/** The tenant of rows without one. */
const NOBODY = '';

/** Reads what was stored since the last checkpoint of each tenant, checks that it follows, and signs it. */
@Injectable()
export class CheckpointSigner {
  private broken: readonly BrokenChain[] = [];

  constructor(
    private readonly database: AuditDatabase,
    private readonly bus: Bus,
    private readonly source: IngestSource,
    private readonly store: EventStore,
    @Inject(CHECKPOINT_KEY) private readonly key: CheckpointKey,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Chains of a tenant that could not be signed to their end at the last look. */
  brokenOf(tenantId: string): readonly BrokenChain[] {
    return this.broken.filter((chain) => chain.tenantId === tenantId);
  }

  /** One checkpoint for each tenant with new rows. Two replicas may do this at once: one of them signs. */
  async signAll(signal: AbortSignal): Promise<void> {
    const committed = await this.committed();
    const chains = await storedChains(this.database.client, this.database.name);
    const broken: BrokenChain[] = [];
    const byTenant = Map.groupBy(chains, (chain) => chain.tenantId);
    // It states the numbers of all writers, also where it has no rows.
    if (!byTenant.has(NOBODY)) byTenant.set(NOBODY, []);
    for (const [tenantId, own] of byTenant) {
      if (signal.aborted) return;
      broken.push(...(await this.sign(tenantId, own, committed)));
    }
    for (const chain of broken) this.logger.error({ chain }, 'a chain of stored rows is broken and is not signed');
    this.broken = broken;
  }

  private async sign(tenantId: string, chains: readonly StoredChain[], committed: Committed) {
    const { state, version } = await this.store.load(chainAggregate, chainId(tenantId));
    const { segments, broken, isNews } = await this.newSegments(state, chains, committed.ends);
    const written = tenantId === NOBODY ? await writtenPartitions(this.database, state, committed.decisions) : [];
    if (!isNews && written.length === 0) return broken;
    const number = (state.last?.number ?? 0) + 1;
    const former = state.last ? checkpointDigest(state.last) : '';
    const at = this.clock.nowIso();
    const checkpoint = signCheckpoint({ tenantId, number, at, former, segments, written }, this.key);
    const context = { actor: 'audit', tenantId: tenantId || PLATFORM_TENANT, requestId: '', decisionId: '' };
    try {
      const options = { context, expectedVersion: version };
      await this.store.execute(chainAggregate, chainId(tenantId), { type: 'PublishCheckpoint', checkpoint }, options);
    } catch (error) {
      // Another replica was faster, with the same rows.
      if (!(error instanceof DomainError)) throw error;
    }
    return broken;
  }

  private async newSegments(state: ChainState, chains: readonly StoredChain[], committed: ReadonlyMap<string, number>) {
    const segments: ChainSegment[] = [];
    const broken: BrokenChain[] = [];
    let rows = 0;
    // A checkpoint is a change too; alone it is no reason for another one.
    let isNews = false;
    for (const chain of chains) {
      const end = state.ends[chainKey(chain)];
      // Above it a range may be in some parts of the table and not yet in others.
      const endOffset = Math.min(chain.lastOffset + 1, committed.get(partitionKey(chain)) ?? 0);
      if (end && (end.last.partition !== chain.partition || end.last.offset >= endOffset)) continue;
      const builder = new SegmentBuilder(chain, end);
      const { client, name } = this.database;
      for await (const row of chainRows(client, name, chain, { after: end?.last, endOffset })) {
        builder.take(row);
        rows += 1;
        isNews ||= !builder.brokenAt && row['type'] !== ChainCheckpointed.type;
        const isFull =
          rows >= ROWS_PER_CHECKPOINT_MAX || segments.length + builder.segments.length >= CHAIN_SEGMENTS_MAX;
        if (isFull || builder.brokenAt) break;
      }
      segments.push(...builder.segments);
      const { tenantId, table, topic } = chain;
      if (builder.brokenAt) broken.push({ tenantId, table, topic, offset: Number(builder.brokenAt['kafka_offset']) });
      if (segments.length >= CHAIN_SEGMENTS_MAX || rows >= ROWS_PER_CHECKPOINT_MAX) break;
    }
    return { segments, broken, isNews };
  }

  /** Up to where each partition is stored, whole ranges only; topics that audit does not read are not there. */
  private async committed(): Promise<Committed> {
    const { group, topics, changesGroup, events } = this.source;
    const read = async (reader: string, specs: readonly { name: string }[]) => {
      const offsets = await this.bus.committedOffsets(
        reader,
        specs.map(({ name }) => name),
      );
      return offsets.map(({ topic, partition, offset }) => ({ topic, partition, offset: Number(offset) }));
    };
    const [decisions, changes] = await Promise.all([read(group, topics), read(changesGroup, events)]);
    const ends = new Map([...decisions, ...changes].map((each) => [partitionKey(each), each.offset]));
    return { decisions, ends };
  }
}
