import { Access, CallerParam, PolicyView, Requires, type Caller } from '#libs/access';
import { Answers } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Controller, Get, Param } from '@nestjs/common';
import { keyResource } from '../api-keys/key-view.js';
import { Tables } from '../tables.js';
import { ReplicaReports, type ReplicaReport } from './replica-reports.adapter.js';
import { ShownRevocation } from './revocation-answers.js';
import type { RevocationRow } from './revocation-list.projection.js';

/** A replica that is silent for longer has lost its lease of the log and refuses everything by itself. */
const LOG_LEASE_MS = 10_000;

/** What was revoked, where it stands in the store, and what is said of it. */
type Revoked = { readonly about: string; readonly tenantId: string; readonly position: number; readonly shown: object };

@Controller('v1/revocations')
export class RevocationsController {
  constructor(
    private readonly access: Access,
    private readonly tables: Tables,
    private readonly policy: PolicyView,
    private readonly reports: ReplicaReports,
    private readonly clock: Clock,
  ) {}

  /**
   * Where a revoked key, or whose tokens were revoked (a principal, grant, session or one token, by its id), is known to
   * be refused: applied by a replica, or the replica fenced by its own silence.
   */
  @Get(':revokedId')
  @Requires('key:read', 'session:read')
  @Answers('Tells which replica refuses what was revoked, and since when.', { 200: ShownRevocation })
  async get(@CallerParam() caller: Caller, @Param('revokedId') revokedId: string) {
    const { about, tenantId, position, shown } = await this.find(caller, revokedId);
    const staleServeSeconds = this.policy.snapshot(tenantId)?.settings?.staleServeSeconds ?? 0;
    const fencedAfterMs = LOG_LEASE_MS + staleServeSeconds * 1000;
    const replicas = (await this.reports.proofsOf(about, position)).map((report) =>
      shownReplica(report, this.clock.nowMs(), fencedAfterMs),
    );
    return {
      object: 'revocation',
      ...shown,
      position: `identity:${position}`,
      complete: replicas.every(({ state }) => state !== 'pending'),
      replicas,
    };
  }

  private async find(caller: Caller, revokedId: string): Promise<Revoked> {
    const tenantId = caller.operator ? undefined : caller.tenantId;
    const key = await this.tables.keys.find(tenantId, revokedId);
    if (key) {
      const { row } = key;
      this.access.require(caller, 'key:read', keyResource(row));
      if (row.revokedPosition !== null) return ofKey(row, row.revokedPosition);
    }
    const where = { about: revokedId };
    const [found] = await this.tables.revocations.page({ tenantId, afterPosition: 0, limit: 1, where });
    if (!found) {
      const foreign = key && { tenant: key.row.tenantId };
      throw this.access.notFound(caller, 'key:read', { type: 'key', path: revokedId, ...foreign });
    }
    const { row } = found;
    const owner = row.kind === 'principal' ? { owner: row.about } : {};
    this.access.require(caller, 'session:read', { type: 'session', path: row.about, tenant: row.tenantId, ...owner });
    return ofTokens(row);
  }
}

function ofKey(
  row: { id: string; tenantId: string; status: string; revokedAt: string | null },
  position: number,
): Revoked {
  const { id, tenantId, status, revokedAt } = row;
  return { about: id, tenantId, position, shown: { key_id: id, status, revoked_at: revokedAt } };
}

function ofTokens({ id, kind, about, tenantId, at, until, position }: RevocationRow): Revoked {
  return { about: id, tenantId, position, shown: { kind, id: about, status: 'revoked', revoked_at: at, until } };
}

function shownReplica(
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
