import { systemClock } from '#libs/bus';
import {
  DocumentRecord,
  HeadRecord,
  parsePolicyStateKey,
  PLATFORM_TENANT,
  WATERMARK_KEY,
  type PolicyStateKey,
} from '#libs/contracts';
import type { TenantSnapshot } from '#libs/decision-engine';
import { PlaceMap } from '../feed/place-map.js';
import type { StateChunk } from '../feed/state-chunk.js';
import { UnreadableStateKey } from '../feed/unreadable-state-key.js';
import { PolicyCompiler } from './policy-compiler.js';
import { exportPolicy, importPolicy } from './policy-snapshot.js';
import { readVersion, type DocumentVersion } from './tenant-documents.js';
import { TenantPolicy, type PolicyAlarm } from './tenant-policy.js';

/** How long a tenant is served by its last good set while a newer one cannot be put in force, ms; as the writer lease. */
export const LAST_GOOD_SERVED_MS = 3_600_000;

/** Larger sets are compiled before anybody asks for them. */
const DOCUMENTS_AWAITED_MAX = 128;

export type PolicyViewOptions = {
  /** Told of each set, head or document that is not put in force. Called from `apply` and `snapshot`; must not throw. */
  readonly onAlarm?: (alarm: PolicyAlarm) => void;
  /** Monotonic, ms. */
  readonly clockMs?: () => number;
};
type DocumentKey = Extract<PolicyStateKey, { type: 'document' }>;

/**
 * The policy of every tenant, from `policy.state.v1`. A revision is in force from the moment its head verifies against
 * the whole set, all at once; a document, head or set that does not keeps the tenant's last good one, for an hour.
 * Compiled when first asked for, and from then on when it changes: at once where little did, else between other work
 * while the revision before goes on deciding. `settled` tells when what was applied decides.
 */
export class PolicyView {
  /** Where each key's last record stood; for the feed. */
  readonly places = new PlaceMap();
  /** By id. */
  readonly tenants = new Map<string, TenantPolicy>();
  private readonly clockMs: () => number;
  private readonly compiler = new PolicyCompiler(
    () => this.tenantPolicy(PLATFORM_TENANT).verified,
    (tenant, fault) => {
      tenant.raise(fault, tenant.verified?.head.revision ?? 0, this.clockMs());
      if (tenant.alarm) this.options.onAlarm?.(tenant.alarm);
    },
  );

  constructor(private readonly options: PolicyViewOptions = {}) {
    this.clockMs = options.clockMs ?? (() => systemClock.monotonicMs());
  }

  /** Applies one verified record; `null` removes the key. Throws {@link UnreadableStateKey}, and nothing else. */
  apply(key: string, value: Buffer | null): void {
    if (key === WATERMARK_KEY) return;
    const named = parsePolicyStateKey(key);
    if (!named) throw new UnreadableStateKey();
    const tenant = this.tenantPolicy(named.tenantId);
    const { alarm, verified } = tenant;
    if (named.type === 'head') this.applyHead(tenant, value);
    else this.applyDocument(tenant, named, value);
    const { alarm: raised } = this.tenantPolicy(named.tenantId);
    if (raised && raised !== alarm) this.options.onAlarm?.(raised);
    if (tenant.verified !== verified) this.scheduleAfter(tenant);
  }

  /** Whether every set that verified decides already. */
  get isSettled(): boolean {
    return this.compiler.isIdle;
  }

  /** Resolves when every set that verified decides. */
  settled(): Promise<void> {
    return this.compiler.idle();
  }

  /**
   * What decides for a tenant now. Undefined: it has a head (or the platform has) but no set to go by, so that nobody
   * knows what its policy is; refuse with 503 `not_ready`. A tenant without any head has the built-in roles only.
   */
  snapshot(tenantId: string): TenantSnapshot | undefined {
    const tenant = this.tenantPolicy(tenantId);
    const platform = this.tenantPolicy(PLATFORM_TENANT);
    if (this.isTooLongBad(tenant) || this.isTooLongBad(platform)) return undefined;
    if ((tenant.hasHead && !tenant.verified) || (platform.hasHead && !platform.verified)) return undefined;
    return this.compiler.newest(tenant);
  }

  /** The tenant's newest revision that verified; 0 for none. */
  revision(tenantId: string): number {
    return this.tenants.get(tenantId)?.verified?.head.revision ?? 0;
  }

  /** What is not in force, and why. */
  alarms(): PolicyAlarm[] {
    return [...this.tenants.values()].flatMap(({ alarm }) => alarm ?? []);
  }

  /** Document versions in memory. */
  get versionsHeld(): number {
    return [...this.tenants.values()].reduce((sum, { documents }) => sum + documents.size, 0);
  }

  /** A consistent copy of everything, for a snapshot file. */
  export(): StateChunk[] {
    return exportPolicy(this);
  }

  /** Into an empty view. Throws when the chunks are not those of `export`. Sets are verified anew. */
  import(chunks: readonly StateChunk[]): void {
    importPolicy(this, chunks, this.clockMs());
  }

  /** Made on first mention. */
  tenantPolicy(tenantId: string): TenantPolicy {
    const known = this.tenants.get(tenantId);
    if (known) return known;
    const made = new TenantPolicy(tenantId);
    this.tenants.set(tenantId, made);
    return made;
  }

  /** Tenants that nobody has asked about yet wait until somebody does, unless that would take long. */
  private scheduleAfter(changed: TenantPolicy): void {
    const isPlatform = changed.tenantId === PLATFORM_TENANT;
    for (const tenant of isPlatform ? this.tenants.values() : [changed]) {
      const isLarge = (tenant.verified?.documents.size ?? 0) > DOCUMENTS_AWAITED_MAX;
      if (tenant.compiled || isLarge) this.compiler.schedule(tenant);
    }
  }

  private isTooLongBad(tenant: TenantPolicy): boolean {
    if (tenant.headLost && !tenant.verified) return true;
    return tenant.alarm !== undefined && this.clockMs() - tenant.alarmedAtMs >= LAST_GOOD_SERVED_MS;
  }

  private applyHead(tenant: TenantPolicy, value: Buffer | null): void {
    if (value === null) {
      // Only the head of a deleted tenant goes. "No policy" is not what follows, as its denials went with it.
      const gone = new TenantPolicy(tenant.tenantId);
      gone.headLost = true;
      this.tenants.set(tenant.tenantId, gone);
      return;
    }
    const head = readJson(value, (json) => HeadRecord.parse(json));
    tenant.headLost = head?.tenantId !== tenant.tenantId;
    if (tenant.headLost) return tenant.raise('unreadable head', 0, this.clockMs());
    tenant.head = head;
    tenant.verify(this.clockMs());
  }

  private applyDocument(tenant: TenantPolicy, key: DocumentKey, value: Buffer | null): void {
    if (value === null) tenant.documents.remove(key.kind, key.name, key.revision);
    else {
      const version = readJson(value, (json) => readRecord(json, key)) ?? { state: 'unreadable' };
      tenant.documents.put(key.kind, key.name, key.revision, version);
    }
    // A repaired document may be what the head was waiting for, and so may one that goes: compaction can take a deletion
    // before the document that it deleted.
    if (tenant.alarm && tenant.head && key.revision <= tenant.head.revision) tenant.verify(this.clockMs());
  }
}

function readRecord(json: unknown, key: DocumentKey): DocumentVersion {
  const record = DocumentRecord.parse(json);
  return 'deleted' in record ? { state: 'deleted' } : readVersion(record, key);
}

/** Undefined for what cannot be read; the content is quoted nowhere. */
function readJson<Value>(value: Buffer, read: (json: unknown) => Value): Value | undefined {
  try {
    return read(JSON.parse(value.toString('utf8')));
  } catch {
    return undefined;
  }
}
