import { createHash } from 'node:crypto';
import { RevisionPublished, SetDigest, type DigestedDocument } from '#libs/contracts';
import { compileSteps, documentSet, type DocumentSet, type TenantSnapshot } from '#libs/decision-engine';
import { canonicalJson, PLATFORM, readDocument } from '#libs/policy-language';
import { Injectable } from '@nestjs/common';
import { setImmediate } from 'node:timers/promises';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';

/** Sets and snapshots that are kept for the next question; above it the one asked for longest ago goes. */
const KEPT_MAX = 8;
/** Longest that a compilation keeps other work waiting, ms. */
const TURN_MS = 5;

type SetRow = { readonly kind: string; readonly name: string; readonly document: string };
type HeadRow = { readonly count: string; readonly digest: string };

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** What was in force at any revision, put together again from the documents that revisions changed. */
@Injectable()
export class PolicyHistory {
  private readonly sets = new Map<string, DocumentSet>();
  private readonly snapshots = new Map<string, TenantSnapshot>();

  constructor(private readonly database: AuditDatabase) {}

  /**
   * What decided in a tenant at these revisions; undefined where a set is not stored whole, which its digest tells.
   * @throws ProblemError 503 `audit_unavailable`
   */
  async at(tenant: string, policyRevision: number, platformRevision: number): Promise<TenantSnapshot | undefined> {
    const key = `${tenant}@${policyRevision}@${platformRevision}`;
    const known = this.snapshots.get(key);
    if (known) return keep(this.snapshots, key, known);
    const platform = tenant === PLATFORM ? documentSet([]) : await this.set(PLATFORM, platformRevision);
    const own = await this.set(tenant, policyRevision);
    if (!platform || !own) return undefined;
    const input = { tenant, documents: own, platformDocuments: platform, policyRevision, platformRevision };
    return keep(this.snapshots, key, await compiled(compileSteps(input, this.latestOf(tenant))));
  }

  /** What it shares with the one of another revision need not be compiled. */
  private latestOf(tenant: string): TenantSnapshot | undefined {
    return [...this.snapshots.values()].findLast((snapshot) => snapshot.tenant === tenant);
  }

  private async set(tenant: string, revision: number): Promise<DocumentSet | undefined> {
    if (revision === 0) return documentSet([]);
    const key = `${tenant}@${revision}`;
    const known = this.sets.get(key);
    if (known) return keep(this.sets, key, known);
    const params = { tenant, revision, type: RevisionPublished.type };
    const [rows, [head]] = await Promise.all([
      this.database.rows<SetRow>(
        `SELECT resource_type AS kind, resource AS name, argMax(after, (kafka_offset, kafka_index)) AS document
          FROM changes WHERE tenant_id = {tenant:String} AND type = {type:String} AND policy_revision <= {revision:UInt64}
          GROUP BY kind, name HAVING document != ''`,
        params,
      ),
      this.database.rows<HeadRow>(
        `SELECT facts['document_count'] AS count, facts['set_digest'] AS digest FROM changes
          WHERE tenant_id = {tenant:String} AND type = {type:String} AND policy_revision = {revision:UInt64}
          ORDER BY kafka_offset DESC LIMIT 1`,
        params,
      ),
    ]);
    const found = rows.map(({ kind, name, document }) => ({ kind, name, document: JSON.parse(document) as object }));
    const digested = found.map(({ kind, name, document }): DigestedDocument => {
      return { kind, name, digest: sha256(canonicalJson(document)) };
    });
    const isWhole = head?.count === String(rows.length) && SetDigest.of(digested, sha256).is(head.digest);
    return isWhole ? keep(this.sets, key, documentSet(found.map(({ document }) => readDocument(document)))) : undefined;
  }
}

function keep<Value>(memory: Map<string, Value>, key: string, value: Value): Value {
  memory.delete(key);
  memory.set(key, value);
  const [oldest] = memory.keys();
  if (memory.size > KEPT_MAX && oldest !== undefined) memory.delete(oldest);
  return value;
}

async function compiled(steps: Generator<void, TenantSnapshot>): Promise<TenantSnapshot> {
  for (let turnEnds = performance.now() + TURN_MS; ;) {
    const { done, value } = steps.next();
    if (done) return value;
    if (performance.now() < turnEnds) continue;
    await setImmediate();
    turnEnds = performance.now() + TURN_MS;
  }
}
