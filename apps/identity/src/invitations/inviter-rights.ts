import { AccessFeed, PolicyView, type EnginePrincipal } from '#libs/access';
import { PLATFORM_TENANT, type DecisionReason } from '#libs/contracts';
import { changeCounterExample, decide, type TenantSnapshot } from '#libs/decision-engine';
import { refusal } from '#libs/http';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { OwnerPrincipal } from '../api-keys/owner-principal.js';
import { isExceptedPrincipal } from '../grants/caller-reach.js';
import { Principals, type Principal } from '../principals.js';
import { Tables } from '../tables.js';
import { teamResource } from '../teams/team-finder.js';
import type { HeldInvitation } from './invitation.decider.js';

type Invitation = HeldInvitation['issued'];

/**
 * Whether whoever invited may still give what the invitation gives. Asked of the inviter, not of the credential that was
 * used: what that one was narrowed to held when the invitation was made.
 */
@Injectable()
export class InviterRights {
  constructor(
    private readonly tables: Tables,
    private readonly principals: Principals,
    private readonly owners: OwnerPrincipal,
    private readonly policy: PolicyView,
    private readonly feed: AccessFeed,
    private readonly clock: Clock,
  ) {}

  /**
   * Why not; undefined where they may. From where the inviter would ask is not known: a right that hangs on an address is
   * not held.
   * @throws ProblemError 503 while the policy is unknown or too old to go by.
   */
  async missing(invitation: Invitation): Promise<DecisionReason | undefined> {
    for (const tenantId of new Set([invitation.tenantId, invitation.inviterTenantId])) {
      // Of the operators; nobody has made it, and nobody stops it.
      if (tenantId === PLATFORM_TENANT) continue;
      const tenant = await this.tables.tenants.find(undefined, tenantId);
      if (tenant?.row.status !== 'active') return 'tenant_suspended';
    }
    const inviter = await this.inviter(invitation);
    if (inviter?.row.status !== 'active') return inviter ? 'principal_suspended' : 'principal_missing';
    const guest = invitation.userId && (await this.tables.users.find(invitation.tenantId, invitation.userId));
    if (guest && guest.row.status !== 'active') return 'principal_suspended';
    for (const { teamId } of invitation.teams) {
      if (!(await this.tables.teams.find(invitation.tenantId, teamId))) return 'resource_unknown';
    }
    const snapshot = this.snapshot(invitation.tenantId);
    const principal = await this.owners.of(inviter);
    if (principal.tenant !== invitation.tenantId && !principal.operator) return 'other_tenant';
    // Whoever lets in somebody who is there already gives all that they may do.
    if (invitation.userId !== undefined && !principal.operator) return 'grant_not_held';
    return this.denied(snapshot, principal, invitation) ?? this.notHeld(snapshot, principal, invitation);
  }

  private inviter({ inviterId, inviterTenantId }: Invitation): Promise<Principal | undefined> {
    const kind = inviterId.startsWith('va_') ? 'virtual-account' : 'user';
    return this.principals.find(inviterTenantId, `${kind}:${inviterId}`);
  }

  private snapshot(tenantId: string): TenantSnapshot {
    const snapshot = this.policy.snapshot(tenantId);
    if (!snapshot) throw refusal('not_ready', 'The policy of this tenant is not known yet; try again.');
    if (this.feed.freshness(snapshot.settings?.staleServeSeconds ?? 0).serve) return snapshot;
    throw refusal('snapshot_stale', 'Nobody knows how old the policy of this tenant is; try again.');
  }

  /** The right to register users, and to put them into each of the teams. */
  private denied(snapshot: TenantSnapshot, principal: EnginePrincipal, { tenantId, invitationId, teams }: Invitation) {
    const user = { type: 'user', path: invitationId, tenant: tenantId };
    const joining = teams.map(({ name }) => ({ action: 'team:edit', resource: teamResource({ name, tenantId }) }));
    const credential = { kind: principal.kind === 'user' ? 'pat' : 'vak' };
    const request = { operation: 'admin', timeMs: this.clock.nowMs() };
    for (const question of [{ action: 'user:create', resource: user }, ...joining]) {
      const { allowed, reason } = decide(snapshot, { principal, ...question, credential, request });
      if (!allowed) return reason;
    }
    return undefined;
  }

  /** Rule 11, as when it was made. */
  private notHeld(
    snapshot: TenantSnapshot,
    principal: EnginePrincipal,
    { invitationId, tenantId, teams, labels }: Invitation,
  ) {
    const timeMs = this.clock.nowMs();
    if (isExceptedPrincipal(principal, snapshot, timeMs)) return undefined;
    const reach = {
      owner: principal,
      kind: principal.kind === 'user' ? 'pat' : 'vak',
      restrictions: [],
      scopes: undefined,
    };
    const before = { id: invitationId, kind: 'user' as const, tenant: tenantId, teams: [], groups: [], labels: {} };
    const after = { ...before, teams: teams.map(({ name }) => name), labels };
    return changeCounterExample(snapshot, reach, { before, after }, timeMs) ? ('grant_not_held' as const) : undefined;
  }
}
