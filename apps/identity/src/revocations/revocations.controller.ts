import { Access, CallerParam, PolicyView, Requires, type Caller } from '#libs/access';
import { Answers } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Controller, Get, Param } from '@nestjs/common';
import { keyResource } from '../api-keys/key-view.js';
import { Tables } from '../tables.js';
import { ReplicaReports, type ReplicaReport } from './replica-reports.adapter.js';
import { ShownRevocation } from './revocation-answers.js';

/** A replica that is silent for longer has lost its lease of the log and refuses everything by itself. */
const LOG_LEASE_MS = 10_000;

@Controller('v1/revocations')
export class RevocationsController {
  constructor(
    private readonly access: Access,
    private readonly tables: Tables,
    private readonly policy: PolicyView,
    private readonly reports: ReplicaReports,
    private readonly clock: Clock,
  ) {}

  /** Where a revoked key is known to be refused: applied by a replica, or the replica fenced by its own silence. */
  @Get(':keyId')
  @Requires('key:read')
  @Answers('Tells which replica refuses a revoked key, and since when.', { 200: ShownRevocation })
  async get(@CallerParam() caller: Caller, @Param('keyId') keyId: string) {
    const found = await this.tables.keys.find(caller.operator ? undefined : caller.tenantId, keyId);
    if (!found) throw this.access.notFound(caller, 'key:read', { type: 'key', path: keyId });
    const { row } = found;
    this.access.require(caller, 'key:read', keyResource(row));
    if (row.revokedPosition === null) {
      throw this.access.notFound(caller, 'key:read', { type: 'key', path: keyId, tenant: row.tenantId });
    }
    const staleServeSeconds = this.policy.snapshot(row.tenantId)?.settings?.staleServeSeconds ?? 0;
    const fencedAfterMs = LOG_LEASE_MS + staleServeSeconds * 1000;
    const replicas = (await this.reports.proofsOf(keyId)).map((report) =>
      shown(report, this.clock.nowMs(), fencedAfterMs),
    );
    return {
      object: 'revocation',
      key_id: keyId,
      status: row.status,
      revoked_at: row.revokedAt,
      position: `identity:${row.revokedPosition}`,
      complete: replicas.every(({ state }) => state !== 'pending'),
      replicas,
    };
  }
}

function shown(
  { replica, service, reportedAt, stopped, appliedAt }: ReplicaReport,
  nowMs: number,
  fencedAfterMs: number,
) {
  return {
    replica,
    service,
    state: stateOf(appliedAt, stopped, nowMs - reportedAt.getTime() > fencedAfterMs),
    applied_at: appliedAt?.toISOString() ?? null,
    last_seen_at: reportedAt.toISOString(),
  };
}

function stateOf(appliedAt: Date | null, stopped: boolean, silent: boolean) {
  if (appliedAt) return 'applied';
  if (stopped) return 'stopped';
  return silent ? 'fenced' : 'pending';
}
