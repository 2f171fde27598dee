import type { KeyObject } from 'node:crypto';
import type { ChainSegment, SignedCheckpoint } from '#libs/contracts';
import type { StoredRow } from './chain-break.js';
import { ChainVerifier, type ChainReport } from './chain-verifier.js';
import { trustedSeries, type SeriesFault } from './checkpoint-series.js';
import { NumberVerifier, type NumbersReport } from './number-verifier.js';

export type ChainTable = ChainSegment['table'];
export type VerifiedChain = ChainReport & { readonly table: ChainTable; readonly topic: string };

/** The tenant of requests without a verified credential, and of what is said of all tenants together. */
const NOBODY = '';

/** What was found of one tenant; '' is the tenant of requests without a verified credential. */
export type TenantReport = {
  readonly tenantId: string;
  /** No fault anywhere. Rows that no checkpoint vouches for yet only follow from each other. */
  readonly sound: boolean;
  /** Checkpoints that are trusted: each signed, linked to the one before, none missing. */
  readonly checkpoints: number;
  /** When the last of them was signed; null without any. */
  readonly signedAt: string | null;
  readonly fault?: SeriesFault;
  readonly chains: readonly VerifiedChain[];
  /** Of the tenant '' alone, and where the rows of all tenants were taken: of the numbers of every writer. */
  readonly numbers?: NumbersReport;
};

type Tenant = {
  readonly trusted: readonly SignedCheckpoint[];
  readonly fault?: SeriesFault;
  readonly chains: Map<
    string,
    { readonly table: ChainTable; readonly topic: string; readonly verifier: ChainVerifier }
  >;
};

/** Checks the rows of any number of tenants. Rows of one chain must come in its order; chains may come in any. */
export class RecordVerifier {
  private readonly tenants = new Map<string, Tenant>();
  private readonly numbers: NumberVerifier | undefined;

  /**
   * @param expiredBefore Day (UTC) before which retention may have taken rows.
   * @param rows `all`: every row of the record is taken, so numbers of writers can be looked at as well.
   */
  constructor(
    checkpoints: readonly SignedCheckpoint[],
    keys: readonly KeyObject[],
    private readonly expiredBefore: string,
    rows: 'all' | 'some',
  ) {
    for (const [tenantId, own] of Map.groupBy(checkpoints, (each) => each.tenantId)) {
      const { trusted, fault } = trustedSeries(own, keys);
      const tenant: Tenant = { trusted, chains: new Map(), ...(fault && { fault }) };
      this.tenants.set(tenantId, tenant);
      const segments = trusted.flatMap((each) => each.segments);
      for (const [chain, signed] of Map.groupBy(segments, ({ table, topic }) => `${table}\n${topic}`)) {
        const [first] = signed;
        if (!first) continue;
        const { table, topic } = first;
        tenant.chains.set(chain, { table, topic, verifier: new ChainVerifier(signed, this.expiredBefore) });
      }
    }
    const stated = this.tenants.get(NOBODY)?.trusted.flatMap(({ written }) => written);
    if (stated && rows === 'all') this.numbers = new NumberVerifier(stated, expiredBefore);
  }

  take(table: ChainTable, row: StoredRow): void {
    const tenantId = String(row['tenant_id']);
    const topic = String(row['kafka_topic']);
    let tenant = this.tenants.get(tenantId);
    if (!tenant) this.tenants.set(tenantId, (tenant = { trusted: [], chains: new Map() }));
    let chain = tenant.chains.get(`${table}\n${topic}`);
    if (!chain) {
      chain = { table, topic, verifier: new ChainVerifier([], this.expiredBefore) };
      tenant.chains.set(`${table}\n${topic}`, chain);
    }
    chain.verifier.take(row);
    if (table !== 'changes') this.numbers?.take(row);
  }

  /** Of each tenant that has rows or checkpoints, by name. */
  report(): TenantReport[] {
    const ordered = [...this.tenants].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return ordered.map(([tenantId, { trusted, fault, chains }]) => {
      const reports = [...chains.values()].map(({ table, topic, verifier }) => ({
        table,
        topic,
        ...verifier.report(),
      }));
      const numbers = tenantId === NOBODY ? this.numbers?.report() : undefined;
      return {
        tenantId,
        sound: !fault && reports.every((chain) => chain.fault === undefined) && (numbers?.missing ?? 0) === 0,
        checkpoints: trusted.length,
        signedAt: trusted.at(-1)?.at ?? null,
        ...(fault && { fault }),
        chains: reports,
        ...(numbers && { numbers }),
      };
    });
  }
}
